import { concatBytes, type ByteDuplex, type ByteDuplexHandler } from '@astranet/interface'
import { duplexPair } from '@astranet/interface/duplex-pair'

const TICK_MS = 5

/** A pair of which the first end sends no faster than `bytesPerSecond`. */
export function slowPair(bytesPerSecond: number): [ByteDuplex, ByteDuplex] {
  const [a, b] = duplexPair()
  return [new SlowEnd(a, bytesPerSecond), b]
}

/** Sends what is written in small steps, as a slow network does; the rest is as below. */
class SlowEnd implements ByteDuplex {
  readonly capabilities: ByteDuplex['capabilities']
  readonly localAddress = ''
  readonly remoteAddress = ''
  readonly security = { isPrivate: true }
  readonly #below: ByteDuplex
  readonly #bytesPerMs: number
  #handler: ByteDuplexHandler | undefined = undefined
  #waiting: Uint8Array = new Uint8Array(0)
  #owedDrains = 0
  #isEnding = false
  #since = performance.now()
  #timer: NodeJS.Timeout | undefined = undefined

  constructor(below: ByteDuplex, bytesPerSecond: number) {
    this.#below = below
    this.#bytesPerMs = bytesPerSecond / 1_000
    this.capabilities = below.capabilities
  }

  get bufferedBytes(): number {
    return this.#waiting.length
  }

  handle(handler: ByteDuplexHandler): void {
    this.#handler = handler
    this.#below.handle({
      onData: (chunk) => this.#handler?.onData(chunk),
      onDrain: () => undefined,
      onEnd: () => this.#handler?.onEnd(),
      onClose: (reason) => {
        clearTimeout(this.#timer)
        this.#handler?.onClose(reason)
      },
    })
  }

  writev(chunks: readonly Uint8Array[]): boolean {
    this.#waiting = concatBytes([this.#waiting, ...chunks])
    if (this.#timer === undefined) this.#schedule()
    this.#owedDrains += 1
    return false
  }

  pause(): void {
    this.#below.pause()
  }

  resume(): void {
    this.#below.resume()
  }

  end(): void {
    this.#isEnding = true
    if (this.#waiting.length === 0) this.#below.end()
  }

  abort(reason: Error): void {
    clearTimeout(this.#timer)
    this.#below.abort(reason)
  }

  #schedule(): void {
    this.#since = performance.now()
    this.#timer = setTimeout(() => this.#tick(), TICK_MS)
  }

  #tick(): void {
    this.#timer = undefined
    const count = Math.min(
      this.#waiting.length,
      Math.ceil((performance.now() - this.#since) * this.#bytesPerMs),
    )
    this.#below.writev([this.#waiting.slice(0, count)])
    this.#waiting = this.#waiting.slice(count)
    if (this.#waiting.length > 0) {
      this.#schedule()
      return
    }
    for (; this.#owedDrains > 0; this.#owedDrains--) this.#handler?.onDrain()
    if (this.#isEnding) this.#below.end()
  }
}
