import type { Server } from 'node:http'
import { Server as TlsServer } from 'node:tls'
import { AstraError, type ListenOptions, type TransportListener } from '@astranet/interface'
import { invalidArgument, invalidValue } from '@astranet/interface/check'
import { isLoopback } from '@astranet/interface/transport-tools'
import { Acceptor } from './acceptor.js'
import { formatWsAddress, type WsNetwork } from './address.js'
import { Mounts } from './mounts.js'
import type { CheckedOptions } from './node-options.js'
import { listenPath } from './path.js'

/** What listening on the caller's server needs. */
export interface MountRequest {
  readonly network: WsNetwork
  readonly path: string
  readonly server: Server
  readonly options: CheckedOptions
}

/**
 * Listens at a path of a server. Throws `EADDRINUSE` when another listener has that path, `ERR_SERVER_NOT_RUNNING`
 * when the server does not listen, and a `TypeError` that names what is wrong.
 */
export function listenMounted(request: MountRequest, events: ListenOptions): TransportListener {
  const { network, path, server } = request
  if (typeof path !== 'string' || !path.startsWith('/')) {
    throw invalidValue('address', 'must be a path like "/astranet" on a given server', path)
  }
  const known = listenPath(path)
  if (network === 'wss' && !(server instanceof TlsServer)) {
    throw invalidArgument(
      'options.server',
      'must be an HTTPS server to listen on wss; behind a proxy that terminates TLS listen on ws',
    )
  }
  // Other nodes get this address, and could not dial it without a host and a port.
  if (!server.listening) {
    const message = `The HTTP server must listen before something listens at ${path} of it.`
    throw new AstraError('ERR_SERVER_NOT_RUNNING', message)
  }
  return new MountedListener({ ...request, path: known }, events)
}

class MountedListener implements TransportListener {
  readonly network: WsNetwork
  readonly isAuthenticated: boolean
  readonly #path: string
  readonly #server: Server
  readonly #acceptor: Acceptor

  constructor({ network, path, server, options }: MountRequest, events: ListenOptions) {
    this.network = network
    this.isAuthenticated = network === 'wss' && asksForCertificates(server)
    this.#path = path
    this.#server = server
    const site = { address: (): string => this.address }
    this.#acceptor = new Acceptor(options, events, site)
    Mounts.of(server).add(path, this.#acceptor)
  }

  /** The server's address and the path; only the path while the server has no port. */
  get address(): string {
    const found = this.#server.address()
    if (typeof found !== 'object' || found === null) return this.#path
    return formatWsAddress({ host: found.address, port: found.port, path: this.#path })
  }

  /** Whether only programs on this machine can reach the server. */
  get isLocal(): boolean {
    const found = this.#server.address()
    return typeof found === 'string' || (found !== null && isLoopback(found.address))
  }

  async close(): Promise<void> {
    Mounts.of(this.#server).remove(this.#path, this.#acceptor)
  }
}

/** Whether a server accepts only clients with a certificate that it trusts. Node's types lack the two properties. */
function asksForCertificates(
  server: Server & { requestCert?: boolean; rejectUnauthorized?: boolean },
): boolean {
  return server.requestCert === true && server.rejectUnauthorized !== false
}
