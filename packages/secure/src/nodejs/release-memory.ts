/** Below this size, in bytes, releasing takes about as long as it saves. */
const MIN_BYTES = 16_384

/** Frees the memory of a buffer, which is empty afterwards; `undefined`: the runtime has no way. */
const free = makeFree()

/**
 * Frees the memory of `bytes` at once, which are empty afterwards, when they are all of a large buffer. Nobody may
 * refer to them any more, the system included.
 *
 * A record of 64 KiB lives for some 50 us, but V8 frees such buffers many at a time. Without this, each record is
 * written to memory that is in no cache of the processor: sealing and opening take up to half as long again. And V8
 * collects the whole heap for every 15 MiB or so of such buffers: in a process with a heap of 10 MB that takes a second
 * for each GiB.
 */
export function releaseMemory(bytes: Uint8Array): void {
  const { buffer } = bytes
  if (free === undefined || bytes.length < MIN_BYTES || bytes.length !== buffer.byteLength) return
  if (buffer instanceof ArrayBuffer) free(buffer)
}

function makeFree(): ((buffer: ArrayBuffer) => void) | undefined {
  const { transfer } = ArrayBuffer.prototype as {
    transfer?: (this: ArrayBuffer, newByteLength: number) => ArrayBuffer
  }
  if (transfer !== undefined) return (buffer) => void transfer.call(buffer, 0)
  if (globalThis.MessageChannel === undefined) return undefined
  // Node 20 has no `transfer`. A closed port drops the message, and the memory that was transferred with it is freed.
  let port: MessagePort | undefined
  return (buffer) => {
    port ??= closedPort()
    port.postMessage(null, [buffer])
  }
}

function closedPort(): MessagePort {
  const { port1 } = new MessageChannel()
  port1.close()
  return port1
}
