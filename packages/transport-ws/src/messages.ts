import { concatBytes } from '@astranet/interface'

/** The longest message sent, in bytes: long enough to cost little, short enough not to delay what follows. */
const MESSAGE_BYTES = 65_536

/** Chunks as messages: small ones copied together, large ones cut without copying. */
export function messagesOf(chunks: readonly Uint8Array[]): Uint8Array[] {
  const messages: Uint8Array[] = []
  let small: Uint8Array[] = []
  let smallBytes = 0
  const flush = (): void => {
    if (smallBytes > 0) messages.push(joined(small, smallBytes))
    small = []
    smallBytes = 0
  }
  for (const chunk of chunks) {
    if (smallBytes + chunk.length > MESSAGE_BYTES) flush()
    if (chunk.length <= MESSAGE_BYTES) {
      small.push(chunk)
      smallBytes += chunk.length
      continue
    }
    for (let at = 0; at < chunk.length; at += MESSAGE_BYTES)
      messages.push(chunk.subarray(at, at + MESSAGE_BYTES))
  }
  flush()
  return messages
}

/** `chunks`, of `length` bytes together, as one; not copied when there is only one. */
function joined(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const [first] = chunks
  if (first?.length === length) return first
  return concatBytes(chunks)
}
