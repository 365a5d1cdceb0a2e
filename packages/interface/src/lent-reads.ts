/** The most bytes that one read of a socket brings: as many as when Node allocates memory for each read. */
const READ_BYTES = 65_536

/** The parts of a `net.Socket` that are needed to read into memory of this module. */
interface ReadingSocket {
  /** Set on a TLS socket, whose bytes do not come from its own handle. */
  readonly encrypted?: boolean | undefined
  /** Bytes that the stream has read and its reader has not taken. */
  readonly readableLength?: number
  readonly _handle?: { useUserBuffer?(buffer: Uint8Array): void } | null
}

/** Called with what was read. The next read writes into the same memory. Returns whether to go on reading. */
type OnRead = (count: number, memory: Uint8Array) => boolean

const { process: nodeProcess } = globalThis as unknown as {
  process?: { readonly platform?: string }
}

/**
 * On Windows the system writes into the memory after the call has returned, and Bun and Deno cannot read in this way.
 * Elsewhere one buffer for all sockets is enough, because each read is delivered before the next one begins.
 */
const isPossible = nodeProcess?.platform !== 'win32' && !('Bun' in globalThis) && !('Deno' in globalThis)

let memory: Uint8Array | undefined

/**
 * From its next read on, a connected socket reads into one buffer, which all sockets of this thread share. The option
 * `onread` of `net.connect` does the same. Sockets that a server has accepted have no such option, but they have the
 * same fields, and Node reads these before each callback. Returns whether the socket does so now. It does not if the
 * runtime has no such fields, nor while the stream holds bytes, because newer bytes would be delivered first.
 *
 * Without this, Node allocates 64 KiB for each read, and V8 frees them much later. That takes half of a receiver's
 * time.
 */
export function lendReads(socket: ReadingSocket, onRead: (chunk: Uint8Array) => void): boolean {
  const handle = socket._handle
  if (!isPossible || socket.encrypted === true || typeof handle?.useUserBuffer !== 'function') return false
  if (socket.readableLength !== 0) return false
  const fields = socket as Record<symbol, unknown>
  const [bufferField, callbackField] = [fieldOf(fields, 'kBuffer'), fieldOf(fields, 'kBufferCb')]
  if (bufferField === undefined || callbackField === undefined) return false
  memory ??= new Uint8Array(READ_BYTES)
  const callback: OnRead = (count, buffer) => {
    onRead(count === buffer.length ? buffer : buffer.subarray(0, count))
    return true
  }
  handle.useUserBuffer(memory)
  fields[bufferField] = memory
  fields[callbackField] = callback
  return true
}

/** The field of a socket that `onread` would have set; `undefined` if there is none, or it is set already. */
function fieldOf(socket: Record<symbol, unknown>, name: string): symbol | undefined {
  return Object.getOwnPropertySymbols(socket).find(
    (field) => field.description === name && socket[field] === null,
  )
}
