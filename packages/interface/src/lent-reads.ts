/** What one read of a socket brings at most, in bytes: as much as where Node allocates memory for each read. */
const READ_BYTES = 65_536

/** The parts of a `net.Socket` that reading into one's own memory takes. */
interface ReadingSocket {
  /** A socket of TLS has it: its bytes come from elsewhere. */
  readonly encrypted?: boolean | undefined
  /** What the stream has read and nobody has taken. */
  readonly readableLength?: number
  readonly _handle?: { useUserBuffer?(buffer: Uint8Array): void } | null
}

/** Called with what was read; the memory is read into again when it returns. Returns whether to go on. */
type OnRead = (count: number, memory: Uint8Array) => boolean

const { process: nodeProcess } = globalThis as unknown as {
  process?: { readonly platform?: string }
}

/**
 * On Windows the system writes into the memory later than it is asked to; Bun and Deno have no such reading. One place
 * of memory for all sockets is enough elsewhere, because each read is delivered before the next one begins.
 */
const isPossible = nodeProcess?.platform !== 'win32' && !('Bun' in globalThis) && !('Deno' in globalThis)

let memory: Uint8Array | undefined

/**
 * Makes a connected socket read into one place of memory, which all sockets of this thread share, from its next read
 * on. It is what the option `onread` of `net.connect` does; sockets that a server has accepted have no such option, but
 * the same fields, which Node reads before each callback. Returns whether it does: not if the runtime has no such
 * fields, and not while the stream holds bytes, which would come too late.
 *
 * Without it Node allocates 64 KiB for each read, which V8 frees much later: that takes half of a receiver's time.
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

/** The field of a socket that `onread` would have set, when nobody has. */
function fieldOf(socket: Record<symbol, unknown>, name: string): symbol | undefined {
  return Object.getOwnPropertySymbols(socket).find(
    (field) => field.description === name && socket[field] === null,
  )
}
