/** How much of a second may be used at once after a pause. */
const BURST_SECONDS = 1 / 8

/** The smallest burst, in bytes. */
const MIN_BURST_BYTES = 65_536

/** So much of a second may be owed, and then one charge more. */
const DEBT_SECONDS = 1

/** How many bytes a node may send in a second: a token bucket. */
export class ByteRate {
  readonly #bytesPerSecond: number
  readonly #burstBytes: number
  #bytes: number
  #since: number

  /** `bytesPerSecond`: above 0 and finite. `now`: ms. */
  constructor(bytesPerSecond: number, now: number) {
    this.#bytesPerSecond = bytesPerSecond
    this.#burstBytes = Math.max(bytesPerSecond * BURST_SECONDS, MIN_BURST_BYTES)
    this.#bytes = this.#burstBytes
    this.#since = now
  }

  /** Takes up to `bytes`; returns how many it got. */
  take(bytes: number, now: number): number {
    const taken = Math.min(bytes, this.available(now))
    this.#bytes -= taken
    return taken
  }

  /** How many bytes `take` has now. */
  available(now: number): number {
    this.#refill(now)
    return Math.max(0, Math.floor(this.#bytes))
  }

  /** Takes `bytes`, also more than there are. False, and nothing is taken: a second's bytes are owed already. */
  charge(bytes: number, now: number): boolean {
    this.#refill(now)
    if (this.#bytes < -this.#bytesPerSecond * DEBT_SECONDS) return false
    this.#bytes -= bytes
    return true
  }

  /** Whether nothing was taken for so long that it is as good as new. */
  isFull(now: number): boolean {
    this.#refill(now)
    return this.#bytes >= this.#burstBytes
  }

  /** In how many ms there is something worth taking, at least 1. */
  waitMs(): number {
    const wanted = Math.min(this.#burstBytes / 4, MIN_BURST_BYTES / 4)
    return Math.max(1, ((wanted - this.#bytes) / this.#bytesPerSecond) * 1_000)
  }

  #refill(now: number): void {
    const gained = ((now - this.#since) / 1_000) * this.#bytesPerSecond
    this.#bytes = Math.min(this.#bytes + gained, this.#burstBytes)
    this.#since = now
  }
}
