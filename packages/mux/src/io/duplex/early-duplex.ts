import { bufferedWrites } from './node-state.js'
import { WritingDuplex } from './writing-duplex.js'

/**
 * The part of a {@link StreamDuplex} that has no stream yet. Node keeps back what is written then. A subclass may send
 * the first of these bytes ahead: it copies them with {@link earlyBytes}, and says with `takeEarly` how many its stream
 * has when it takes it. Node's copies stay until then, so another stream can be given the same bytes.
 */
export class EarlyDuplex extends WritingDuplex {
  /**
   * @internal A copy of what was written before there is a stream: at most `limit` bytes from `offset` on. `undefined`
   * when there are none, and while they are corked; also when the application has replaced how bytes are written.
   */
  earlyBytes(offset: number, limit: number): Uint8Array | undefined {
    const end = Math.min(this.writableLength, offset + limit)
    if (end <= offset || this.writableCorked > 0 || !this.isPlain) return undefined
    const bytes = new Uint8Array(end - offset)
    let position = -offset
    for (const { chunk } of [...this.heldWrite, ...bufferedWrites(this)]) {
      if (position >= bytes.length) break
      const from = Math.max(0, -position)
      const part = chunk.subarray(from, from + bytes.length - Math.max(0, position))
      bytes.set(part, Math.max(0, position))
      position += chunk.length
    }
    return bytes
  }

  /** @internal Whether this side has ended, so that nothing follows what was written. */
  get isEarlyEnd(): boolean {
    return this.writableEnded && this.writableCorked === 0 && this.isPlain
  }

  override end(callback?: () => void): this
  override end(chunk: unknown, callback?: () => void): this
  override end(chunk: unknown, encoding: BufferEncoding, callback?: () => void): this
  override end(...args: unknown[]): this {
    super.end(...(args as []))
    if (this.isStarting) this.onEarlyWrite()
    return this
  }

  override uncork(): void {
    super.uncork()
    if (this.isStarting) this.onEarlyWrite()
  }
}
