import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { AdminAddress } from '../arguments/admin-address.js'
import { codeOf, ExitCode, Failure, messageOf } from '../failure.js'
import type { Logger } from '../log/logger.js'
import { isHostAllowed } from './host-check.js'
import { replyTo, type AdminSource, type Reply } from './reply.js'

/** How many connections the admin server has at once; further ones are closed. */
export const MAX_ADMIN_CONNECTIONS = 64

/** How long a client may take for its request, in ms. */
export const ADMIN_REQUEST_TIMEOUT_MS = 10_000

/** Answers questions about the relay over HTTP. */
export class AdminServer {
  readonly #server: Server

  private constructor(server: Server) {
    this.#server = server
  }

  /** Listens. Throws a `Failure` that names the address. */
  static async listen(at: AdminAddress, source: AdminSource, log: Logger): Promise<AdminServer> {
    const server = createServer({
      requestTimeout: ADMIN_REQUEST_TIMEOUT_MS,
      headersTimeout: ADMIN_REQUEST_TIMEOUT_MS,
      connectionsCheckingInterval: ADMIN_REQUEST_TIMEOUT_MS,
    })
    server.maxConnections = MAX_ADMIN_CONNECTIONS
    server.on('request', (request, response) => void answer(request, response, { at, source, log }))
    server.listen(at.port, at.host)
    try {
      await once(server, 'listening')
    } catch (error) {
      const advice =
        codeOf(error) === 'EADDRINUSE' ? '; choose another port, or --no-admin for no admin server' : ''
      const name = `${at.host.includes(':') ? `[${at.host}]` : at.host}:${at.port}`
      throw new Failure(`--admin ${name}: ${messageOf(error)}${advice}`, ExitCode.FAILED, error)
    }
    return new AdminServer(server)
  }

  /** Its URL, with the real port. */
  get url(): string {
    const { address, port } = this.#server.address() as AddressInfo
    return `http://${address.includes(':') ? `[${address}]` : address}:${port}`
  }

  /** Stops listening, and ends the connections. Idempotent. */
  async close(): Promise<void> {
    if (!this.#server.listening) return
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }
}

interface Answering {
  readonly at: AdminAddress
  readonly source: AdminSource
  readonly log: Logger
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { at, source, log }: Answering,
): Promise<void> {
  try {
    const refusal = refusalOf(request, at)
    const { status, type, body } = refusal ?? (await replyTo(request.url ?? '/', source))
    response.writeHead(status, {
      'content-type': type,
      'content-length': Buffer.byteLength(body),
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      ...(status === 405 ? { allow: 'GET, HEAD' } : {}),
    })
    response.end(request.method === 'HEAD' ? undefined : body)
  } catch (error) {
    log.error({ event: 'admin-error', err: error }, `the admin server failed: ${messageOf(error)}`)
    if (!response.headersSent) response.writeHead(500)
    response.end()
  }
}

function refusalOf({ method, headers }: IncomingMessage, at: AdminAddress): Reply | undefined {
  const type = 'text/plain; charset=utf-8'
  if (method !== 'GET' && method !== 'HEAD')
    return { status: 405, type, body: 'only GET and HEAD are answered\n' }
  if (at.isLoopback && !isHostAllowed(headers.host))
    return { status: 403, type, body: 'use an IP address or localhost as host\n' }
  return undefined
}
