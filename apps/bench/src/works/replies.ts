/** Assembles replies of a known length. Most replies arrive in one chunk. */
export class Replies<S extends object> {
  readonly #length: number
  readonly #partial = new Map<S, Buffer>()

  constructor(length: number) {
    this.#length = length
  }

  /** The reply on `stream`, if `chunk` completes it. Throws if there is more than one reply. */
  take(stream: S, chunk: Uint8Array): Buffer | undefined {
    if (chunk.length === this.#length && this.#partial.size === 0) return asBuffer(chunk)
    const bytes = Buffer.concat([this.#partial.get(stream) ?? Buffer.alloc(0), chunk])
    if (bytes.length > this.#length) throw new Error(`${bytes.length} bytes came back for ${this.#length}`)
    if (bytes.length < this.#length) {
      this.#partial.set(stream, bytes)
      return undefined
    }
    this.#partial.delete(stream)
    return bytes
  }
}

/** Small payloads, cut from one block in rotation. While few are in flight, no payload changes too early. */
export class PayloadRing {
  readonly #block: Buffer
  readonly #length: number
  #offset = 0

  /** `length` of each payload in bytes; `count` payloads are valid at the same time. */
  constructor(length: number, count: number) {
    this.#length = length
    this.#block = Buffer.from(Uint8Array.from({ length: length * count }, (_, i) => i & 0xff))
  }

  /** The next payload, beginning with `tag` as a 64-bit float. */
  next(tag: number): Buffer {
    const start = this.#offset
    const end = start + this.#length
    this.#offset = end === this.#block.length ? 0 : end
    this.#block.writeDoubleLE(tag, start)
    return this.#block.subarray(start, end)
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}
