import type { Duplex } from 'node:stream'

/** How long a write waits for the peer's last words while nothing arrives, in ms. */
const SILENCE_MS = 2_000

/** Settles a write: `null` when its bytes count as taken. */
type Settle = (error: Error | null) => void

/** A Duplex whose peer reads no more. */
export interface Stopped {
  readonly duplex: Duplex
  /** The error of a write that fails now. */
  error(): Error
  /** Bytes received so far. */
  received(): number
}

/**
 * What becomes of writes after the peer has said that it reads no more. Over TCP the kernel takes the first of them, the
 * peer answers with RST, and the next one fails; meanwhile what the peer sent last, an HTTP server's 413 for example, is
 * read. So here:
 *
 *     reading goes on (the Duplex flows and has not ended)   a write waits: until `'end'`, then it counts as taken; or until
 *                                                            nothing has arrived for 2 s, then it fails
 *     nobody reads, or the end was read                      the first write counts as taken, every later one fails
 *
 * One for each Duplex that needs it, made with the first such write.
 */
export class StoppedWrites {
  readonly #stopped: Stopped
  /** A write counted as taken: the next one that may fail does. */
  #hasTaken = false
  #waiting: Settle | undefined = undefined
  /** Whether the last write given to this was in flight at the peer's stop: it is not the one that counts as taken. */
  #isInFlight = false
  #timer: NodeJS.Timeout | undefined = undefined
  /** In a tick of its own: what the write's callback throws does not keep the event from the program's listeners. */
  readonly #onEnd = (): void => process.nextTick(() => this.#take())

  constructor(stopped: Stopped) {
    this.#stopped = stopped
  }

  /** Settles the write that was in flight when the peer stopped: it counts as taken in any case, and not as the one. */
  inFlight(settle: Settle): void {
    this.#isInFlight = true
    if (this.#isReading()) this.#wait(settle)
    else settle(null)
  }

  /** Settles a write now or later. A Duplex has one write in flight at a time. */
  write(settle: Settle): void {
    this.#isInFlight = false
    if (this.#isReading()) this.#wait(settle)
    else if (this.#hasTaken) settle(this.#stopped.error())
    else {
      this.#hasTaken = true
      settle(null)
    }
  }

  /** Whether a write counted as taken: the next one fails, even one of no bytes, which itself never counts. */
  get hasTaken(): boolean {
    return this.#hasTaken
  }

  #isReading(): boolean {
    const { duplex } = this.#stopped
    return duplex.readableFlowing === true && !duplex.readableEnded && !duplex.destroyed
  }

  #wait(settle: Settle): void {
    this.#waiting = settle
    // In front: a listener of the program that throws keeps the event from those behind it.
    this.#stopped.duplex.prependOnceListener('end', this.#onEnd)
    this.#watch(this.#stopped.received())
  }

  /** The Duplex is destroyed: a write that waits is given back. */
  close(): void {
    this.#settle(null)
  }

  #take(): void {
    if (!this.#isInFlight) this.#hasTaken = true
    this.#settle(null)
  }

  #watch(received: number): void {
    this.#timer = setTimeout(() => {
      const { duplex } = this.#stopped
      if (this.#stopped.received() > received) this.#watch(this.#stopped.received())
      // The application has stopped reading meanwhile, perhaps until this write is settled.
      else if (duplex.readableFlowing !== true) this.#take()
      else this.#settle(this.#stopped.error())
    }, SILENCE_MS)
    this.#timer.unref()
  }

  #settle(error: Error | null): void {
    clearTimeout(this.#timer)
    this.#stopped.duplex.removeListener('end', this.#onEnd)
    const settle = this.#waiting
    this.#waiting = undefined
    settle?.(error)
  }
}
