import { createHash } from 'node:crypto'
import type { Stream } from '../../src/index.js'

/** All bytes of `readable`. */
export async function readAll(
  readable: AsyncIterable<Uint8Array> | ReadableStream<Uint8Array>,
): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of readable as AsyncIterable<Uint8Array>) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** Writes `bytes` in pieces and ends. */
export async function writeAll(
  writable: WritableStream<Uint8Array>,
  bytes: Uint8Array,
  pieceBytes = 65_536,
): Promise<void> {
  const writer = writable.getWriter()
  for (let at = 0; at < bytes.length; at += pieceBytes)
    await writer.write(bytes.subarray(at, at + pieceBytes))
  await writer.close()
}

/** The next item of `readable`, which must have one. */
export async function next<T>(readable: ReadableStream<T>): Promise<T> {
  const reader = readable.getReader()
  const { value, done } = await reader.read()
  reader.releaseLock()
  if (done) throw new Error('the stream has ended')
  return value
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** How a stream ended, as its handler was told. */
export interface Outcome {
  bytes: number
  isEnded: boolean
  reset: Error | undefined
  stopped: Error | undefined
}

/** Reads `stream` to its very end and says how that was. */
export function outcomeOf(stream: Stream): Promise<Outcome> {
  const outcome: Outcome = { bytes: 0, isEnded: false, reset: undefined, stopped: undefined }
  return new Promise((resolve) => {
    stream.handle({
      onData: (_stream, chunk) => void (outcome.bytes += chunk.length),
      onEnd: () => void (outcome.isEnded = true),
      onReset: (_stream, error) => void (outcome.reset = error),
      onStopSending: (_stream, error) => void (outcome.stopped = error),
      onClose: () => resolve(outcome),
    })
  })
}
