import type { Leaver } from '../node/at-exit.js'

/** How long a process with nothing else to do waits for links that send nothing of what was written, in ms. */
const PATIENCE_MS = 10_000

/** How often it looks whether they have, in ms. */
const CHECK_INTERVAL_MS = 10

/**
 * Keeps a process that has nothing else to do alive until its links have sent what was written to their sockets. A
 * kernel sends what closed sockets have left to it after the process has ended; a link ends with its process, and what
 * waits for the other side's credit would be lost.
 */
export class BeforeExit {
  readonly #leavers: ReadonlySet<Leaver>
  /** What was left when the wait was given up: it is not waited for again. */
  #givenUpBytes = 0
  #isWaiting = false
  #lastBytes = 0
  #progressAt = 0

  constructor(leavers: ReadonlySet<Leaver>) {
    this.#leavers = leavers
  }

  /** The listener of `'beforeExit'`, which is emitted again when there was something to wait for. */
  readonly onIdle = (): void => {
    const unsent = this.#unsentBytes()
    if (this.#isWaiting || unsent === 0 || unsent === this.#givenUpBytes) return
    this.#isWaiting = true
    this.#lastBytes = unsent
    this.#progressAt = performance.now()
    this.#wait()
  }

  #wait(): void {
    setTimeout(() => this.#look(), CHECK_INTERVAL_MS)
  }

  #look(): void {
    const unsent = this.#unsentBytes()
    const now = performance.now()
    if (unsent !== this.#lastBytes) this.#progressAt = now
    this.#lastBytes = unsent
    this.#isWaiting = unsent > 0 && now - this.#progressAt < PATIENCE_MS
    if (this.#isWaiting) this.#wait()
    else this.#givenUpBytes = unsent
  }

  #unsentBytes(): number {
    let bytes = 0
    for (const { unsentBytes = 0 } of this.#leavers) bytes += unsentBytes
    return bytes
  }
}
