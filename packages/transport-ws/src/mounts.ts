import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { AstraError, type ListenOptions, type TransportListener } from '@astranet/interface'
import { Acceptor } from './acceptor.js'
import { formatWsAddress, isLoopback, type WsNetwork } from './address.js'
import type { CheckedOptions } from './node-options.js'
import { answer } from './upgrade.js'

/** The paths of one HTTP server, somebody else's, at which a transport listens. */
export class Mounts {
  readonly #server: Server
  readonly #options: CheckedOptions
  readonly #acceptors = new Map<string, Acceptor>()
  readonly #onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void =>
    this.#upgrade(request, socket, head)

  constructor(server: Server, options: CheckedOptions) {
    this.#server = server
    this.#options = options
  }

  /** Listens at `path`. Rejects with `EADDRINUSE` when this transport already does. */
  async listen(network: WsNetwork, path: string, events: ListenOptions): Promise<TransportListener> {
    if (typeof path !== 'string' || !/^\/[^\s?#]*$/.test(path)) {
      throw new TypeError(
        `address must be a path like "/astranet" on a given server, got ${JSON.stringify(path)}`,
      )
    }
    if (this.#acceptors.has(path))
      throw new AstraError('EADDRINUSE', `This transport already listens at ${path} of that server.`)
    const address = (): string => this.#addressOf(path)
    const isConfidential = network === 'wss' || this.#options.isBehindTls
    const acceptor = new Acceptor(this.#options, events, { address, confidential: isConfidential })
    if (this.#acceptors.size === 0) this.#server.on('upgrade', this.#onUpgrade)
    this.#acceptors.set(path, acceptor)
    const server = this.#server
    return {
      network,
      isConfidential,
      isAuthenticated: network === 'wss' && asksForCertificates(server),
      get address() {
        return address()
      },
      get isLocal() {
        return isLocal(server)
      },
      close: async () => this.#remove(path, acceptor),
    }
  }

  #remove(path: string, acceptor: Acceptor): void {
    if (this.#acceptors.get(path) !== acceptor) return
    this.#acceptors.delete(path)
    if (this.#acceptors.size === 0) this.#server.off('upgrade', this.#onUpgrade)
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const acceptor = this.#acceptors.get(request.url ?? '')
    if (acceptor !== undefined) acceptor.upgrade(request, socket, head)
    // Others may listen at other paths; if nobody does, nobody else would answer.
    else if (this.#server.listenerCount('upgrade') === 1) answer(socket, 404)
  }

  /** The server's address and the path; only the path while the server does not listen. */
  #addressOf(path: string): string {
    const found = this.#server.address()
    if (typeof found !== 'object' || found === null) return path
    return formatWsAddress({ host: found.address, port: found.port, path })
  }
}

/** Whether only this machine's programs reach the server; not, as long as it does not listen. */
function isLocal(server: Server): boolean {
  const found = server.address()
  return typeof found === 'string' || (found !== null && isLoopback(found.address))
}

/** Whether it lets in only clients with a certificate that it trusts; the types leave out that servers say so. */
function asksForCertificates(
  server: Server & { requestCert?: boolean; rejectUnauthorized?: boolean },
): boolean {
  return server.requestCert === true && server.rejectUnauthorized !== false
}
