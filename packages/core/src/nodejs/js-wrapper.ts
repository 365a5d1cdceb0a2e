import type { Duplex } from 'node:stream'

/**
 * Whether TLS or HTTP/2 reads the stream, through the wrapper that Node puts around a stream that has no handle of the
 * system (`JSStreamSocket`). The wrapper leaves no other trace than its listeners, so its `'data'` listener is known by
 * what it does: it gives the chunk to the wrapper's own handle.
 */
export function isWrapped(stream: Duplex): boolean {
  return stream.listeners('data').some((listener) => String(listener).includes('_handle.readBuffer('))
}
