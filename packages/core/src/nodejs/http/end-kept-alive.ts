import type { ServerResponse } from 'node:http'
import type { Server } from 'node:net'

/** How often connections that have become idle are looked for, in ms. */
const IDLE_CHECK_MS = 50

/** The part of `http.Server` that other servers do not have. */
interface KeepingAlive {
  closeIdleConnections?: () => void
}

/**
 * Lets an HTTP server that takes no new connections end those that it has: idle ones at once, and each other one after
 * the request that it is at. `node:http` by itself answers requests on a connection that is kept alive for as long as
 * they come. Without effect for other servers. The result ends it.
 */
export function endKeptAlive(server: Server): () => void {
  const http = server as Server & KeepingAlive
  if (typeof http.closeIdleConnections !== 'function') return () => undefined
  const onRequest = (_: unknown, response: ServerResponse): void => {
    response.shouldKeepAlive = false
  }
  server.prependListener('request', onRequest)
  http.closeIdleConnections()
  const timer = setInterval(() => http.closeIdleConnections?.(), IDLE_CHECK_MS)
  timer.unref()
  return () => {
    clearInterval(timer)
    server.off('request', onRequest)
  }
}
