/** Size of a buffer in bytes: that of one read of a socket, and large enough for thousands of small frames. */
export const BUFFER_BYTES = 65_536

/** Buffers that wait for their next user: 2 MiB. */
export const MAX_FREE_BUFFERS = 32

/** Shared by all sessions, of which few send at the same time: each turn gathers, sends and is done. */
const free: Uint8Array[] = []

/** A buffer of {@link BUFFER_BYTES} that nobody refers to. What is in it is of no use. */
export function takeBuffer(): Uint8Array {
  return free.pop() ?? new Uint8Array(BUFFER_BYTES)
}

/** Nobody refers to the buffer any more: others fill it now. */
export function giveBuffer(buffer: Uint8Array): void {
  if (free.length < MAX_FREE_BUFFERS) free.push(buffer)
}
