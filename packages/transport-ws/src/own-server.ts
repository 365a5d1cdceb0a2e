import { createServer, type IncomingMessage, type Server, type ServerOptions } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import type { ListenOptions, TransportListener } from '@astranet/interface'
import { invalidArgument } from '@astranet/interface/check'
import { isLoopback } from '@astranet/interface/transport-tools'
import { Acceptor } from './acceptor.js'
import { requestError } from './client-error.js'
import { formatWsAddress, parseWsAddress, type WsAddress, type WsNetwork } from './address.js'
import type { CheckedOptions } from './node-options.js'
import { listenPath, pathOf } from './path.js'
import { PendingClients } from './pending-clients.js'
import { answer, refusal } from './upgrade.js'

/** The longest request head, in bytes. */
const MAX_HEADER_BYTES = 8_192

/** What listening with a new server needs. */
export interface OwnRequest {
  readonly network: WsNetwork
  readonly address: string
  readonly options: CheckedOptions
}

/** Listens on `address` with a new server. */
export async function listenOwn(request: OwnRequest, events: ListenOptions): Promise<TransportListener> {
  const { network, address, options } = request
  const parsed = parseWsAddress(network, address)
  const wanted = { ...parsed, path: listenPath(parsed.path) }
  const { tls } = options
  if (network === 'wss' && tls.pfx === undefined && (tls.key === undefined || tls.cert === undefined))
    throw invalidArgument('options.tls', 'must have key and cert, or pfx, to listen on wss')
  const listener = new OwnListener(request, wanted, events)
  await listener.start()
  return listener
}

class OwnListener implements TransportListener {
  readonly network: WsNetwork
  readonly isAuthenticated: boolean
  address = ''
  isLocal = false
  readonly #wanted: WsAddress
  readonly #server: Server
  readonly #pending: PendingClients
  readonly #acceptor: Acceptor
  readonly #events: ListenOptions

  constructor({ network, options }: OwnRequest, wanted: WsAddress, events: ListenOptions) {
    this.network = network
    this.#wanted = wanted
    this.#events = events
    const { requestCert, rejectUnauthorized } = options.tls
    this.isAuthenticated = network === 'wss' && requestCert === true && rejectUnauthorized !== false
    this.#server = makeServer(network, options)
    this.#pending = new PendingClients(this.#server, {
      isTls: network === 'wss',
      max: options.maxPendingHandshakes,
      onError: (error) => events.onError?.(error),
    })
    this.#acceptor = new Acceptor(options, events, { address: () => this.address })
    this.#server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head))
    this.#server.on('request', (request) =>
      this.#refuse(request, request.socket, 426, 'it is not a WebSocket'),
    )
    this.#server.on('clientError', (error, socket) => {
      // A client whose TLS handshake failed comes here too; it was reported before.
      if (!this.#pending.has(socket)) return void socket.destroy()
      const fault = requestError(error)
      answer(socket, fault.code === 'ETIMEDOUT' ? 408 : 400)
      this.#pending.report(socket, fault)
    })
  }

  start(): Promise<void> {
    const server = this.#server
    const { host, port } = this.#wanted
    return new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen({ port, exclusive: true, ...(host === '' ? {} : { host }) }, () => {
        server.off('error', reject)
        server.on('error', (error) => this.#events.onError?.(error))
        const { address, port } = server.address() as AddressInfo
        this.isLocal = isLoopback(address)
        this.address = formatWsAddress({ ...this.#wanted, host: address, port })
        resolve()
      })
    })
  }

  async close(): Promise<void> {
    // The address is free when this returns; the callback would wait for the connections too.
    if (this.#server.listening) this.#server.close()
    this.#pending.close()
  }

  ref(): void {
    this.#server.ref()
  }

  unref(): void {
    this.#server.unref()
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (pathOf(request) !== this.#wanted.path)
      return this.#refuse(request, socket, 404, 'it asks for another path')
    this.#pending.done(socket)
    this.#acceptor.upgrade(request, socket, head)
  }

  #refuse(request: IncomingMessage, socket: Duplex, status: number, why: string): void {
    answer(socket, status)
    this.#pending.report(socket, refusal(status, request, why).error)
  }
}

function makeServer(network: WsNetwork, { tls, handshakeTimeoutMs }: CheckedOptions): Server {
  const options: ServerOptions = {
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: handshakeTimeoutMs,
    requestTimeout: handshakeTimeoutMs,
    connectionsCheckingInterval: Math.max(1, Math.min(1_000, handshakeTimeoutMs)),
    noDelay: true,
    keepAlive: true,
  }
  if (network === 'ws') return createServer(options)
  return createTlsServer({
    ...options,
    ...tls,
    handshakeTimeout: handshakeTimeoutMs,
    ALPNProtocols: ['http/1.1'],
  })
}
