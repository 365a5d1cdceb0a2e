import { AddressedDuplex } from './addressed-duplex.js'
import { checkDelay } from './timeout-delay.js'

/** A Duplex with the inactivity timeout of `net.Socket`. */
export class TimedDuplex extends AddressedDuplex {
  /** The inactivity timeout in ms, as set by `setTimeout`; `undefined` before, as on `net.Socket`. */
  timeout: number | undefined = undefined
  #timer: NodeJS.Timeout | undefined = undefined
  /** Bytes that had left when the timer was last looked at. */
  #sentBytes = 0

  /**
   * Emits `'timeout'` once after `timeoutMs` in which nothing was written and no byte arrived or left; 0 turns it
   * off. It does not close the socket, and keeps no process alive. As for `net.Socket`: a value above 2^31 - 1 counts
   * as 2^31 - 1, with a warning; throws `ERR_INVALID_ARG_TYPE` unless it is a number, `ERR_OUT_OF_RANGE` when it is
   * negative or not finite.
   */
  setTimeout(timeoutMs: number, onTimeout?: () => void): this {
    if (this.destroyed) return this
    this.timeout = timeoutMs
    const delayMs = checkDelay(timeoutMs, onTimeout)
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (delayMs === 0) {
      if (onTimeout !== undefined) this.removeListener('timeout', onTimeout)
      return this
    }
    if (onTimeout !== undefined) this.once('timeout', onTimeout)
    this.#sentBytes = this.hasStream ? this.stream.sentBytes : 0
    this.#timer = setTimeout(() => this.timedOut(), delayMs)
    this.#timer.unref()
    return this
  }

  protected override onActivity(): void {
    this.#timer?.refresh()
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    clearTimeout(this.#timer)
    super._destroy(error, callback)
  }

  /**
   * A write that waits and made progress is activity, as for `net.Socket`. Not a private method of the language: with
   * one, each socket would take 8 bytes more.
   */
  private timedOut(): void {
    const { sentBytes, bufferedBytes } = this.hasStream ? this.stream : NOTHING_SENT
    if (bufferedBytes > 0 && sentBytes !== this.#sentBytes) {
      this.#sentBytes = sentBytes
      this.#timer?.refresh()
    } else this.emit('timeout')
  }
}

const NOTHING_SENT = { sentBytes: 0, bufferedBytes: 0 }
