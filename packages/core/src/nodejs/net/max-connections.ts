import type { Socket } from '../socket.js'

/** Since Node 21 a limit of 0 drops every connection; before, it was none. */
const IS_ZERO_A_LIMIT = Number.parseInt(process.versions.node) >= 21

/** @internal A server with a limit: `net.Server`, or one of ours. */
export interface LimitedServer {
  readonly maxConnections?: number | null | undefined
  emit(event: 'drop', ends: object): boolean
}

/**
 * @internal Whether a new connection is one too many for `maxConnections`; `open` is how many there were before it. Then
 * it is closed, and `'drop'` is emitted with its addresses, as by `net.Server`.
 */
export function isDropped(socket: Socket, server: LimitedServer, open: () => number): boolean {
  const { maxConnections } = server
  if (maxConnections === undefined || maxConnections === null) return false
  if (!IS_ZERO_A_LIMIT && Number(maxConnections) === 0) return false
  if (!(open() >= maxConnections)) return false
  const { localAddress, localPort, localFamily, remoteAddress, remotePort, remoteFamily } = socket
  // Before the event, so that the count is right in it.
  socket.destroy()
  server.emit('drop', { localAddress, localPort, localFamily, remoteAddress, remotePort, remoteFamily })
  return true
}
