import { Socket as TcpSocket } from 'node:net'
import type { Socket } from '../socket.js'

/** One end of a proxied connection. */
export type SplicedEnd = Socket | TcpSocket

/**
 * Joins two sockets that stay half open: bytes, ends and back-pressure pass in both directions, each on its own. When
 * one breaks, or closes before all of its bytes have passed, the other is reset. Both must have a listener for
 * `'error'`. `onClosed` is called when both are closed.
 */
export function splice(client: SplicedEnd, server: SplicedEnd, onClosed: () => void): void {
  let open = 2
  const join = (from: SplicedEnd, to: SplicedEnd): void => {
    from.once('close', () => {
      if (!from.readableEnded || !from.writableFinished) reset(to)
      open -= 1
      if (open === 0) onClosed()
    })
    from.pipe(to)
  }
  join(client, server)
  join(server, client)
}

/** Ends a connection so that the other side sees `ECONNRESET`, where its kind has that. */
export function reset(end: SplicedEnd): void {
  if (end.destroyed) return
  // A Unix socket has no address, and cannot be reset.
  const canReset = !end.connecting && (!(end instanceof TcpSocket) || end.remoteAddress !== undefined)
  if (canReset) end.resetAndDestroy()
  else end.destroy()
}
