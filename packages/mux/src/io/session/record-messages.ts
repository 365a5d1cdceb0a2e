import {
  concatBytes,
  type ByteDuplex,
  type ByteDuplexCapabilities,
  type ByteDuplexHandler,
} from '@astranet/interface'
import { varintLength, writeVarint } from '@astranet/frame'

/**
 * The binding of QMux to pipes that preserve messages, for example WebSocket: each record is one message, without its Size
 * field, as in `@moq/qmux`. The pipe must send each chunk of a `writev` as one message and deliver each message as one
 * chunk.
 */
export class RecordMessages implements ByteDuplex {
  readonly #pipe: ByteDuplex

  constructor(pipe: ByteDuplex) {
    this.#pipe = pipe
  }

  get capabilities(): ByteDuplexCapabilities {
    return this.#pipe.capabilities
  }

  get localAddress(): string {
    return this.#pipe.localAddress
  }

  get remoteAddress(): string {
    return this.#pipe.remoteAddress
  }

  get bufferedBytes(): number {
    return this.#pipe.bufferedBytes
  }

  handle(handler: ByteDuplexHandler): void {
    this.#pipe.handle({
      onData(message) {
        const size = new Uint8Array(varintLength(message.length))
        writeVarint(size, 0, message.length)
        // In one piece: a call with the size alone could make the pipe deliver the next message.
        handler.onData(concatBytes([size, message]))
      },
      onDrain: () => handler.onDrain(),
      onEnd: () => handler.onEnd(),
      onClose: (reason) => handler.onClose(reason),
      onSuspend: () => handler.onSuspend?.(),
      onResume: () => handler.onResume?.(),
    })
  }

  /** A flush of the session is a whole number of records. */
  writev(chunks: readonly Uint8Array[]): boolean {
    return this.#pipe.writev(splitRecords(concatBytes(chunks)))
  }

  pause(): void {
    this.#pipe.pause()
  }

  resume(): void {
    this.#pipe.resume()
  }

  end(): void {
    this.#pipe.end()
  }

  abort(reason: Error): void {
    this.#pipe.abort(reason)
  }
}

/** The Frames fields of whole records, which RecordWriter wrote: with Size fields of two or four bytes. */
function splitRecords(bytes: Uint8Array): Uint8Array[] {
  const view = new DataView(bytes.buffer)
  const records: Uint8Array[] = []
  let at = 0
  while (at < bytes.length) {
    const isShort = (bytes[at] as number) < 0x80
    const start = at + (isShort ? 2 : 4)
    const end = start + (isShort ? view.getUint16(at) & 0x3fff : view.getUint32(at) & 0x3fffffff)
    records.push(bytes.subarray(start, end))
    at = end
  }
  return records
}
