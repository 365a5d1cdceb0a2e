import { createServer, type ListenOptions as NodeListenOptions, type Server, type Socket } from 'node:net'
import type { ListenOptions, TransportListener } from '@astranet/interface'
import { checkFunction, checkObject } from '@astranet/interface/check'
import { isLoopback } from '@astranet/interface/transport-tools'
import { formatTcpAddress } from './address.js'
import {
  plainConnection,
  tcpEnds,
  tlsConnection,
  type ConnectionTraits,
  type EndNames,
} from './connection.js'
import { listenTarget } from './listen-target.js'
import type { Network } from './network.js'
import { DEFAULT_MAX_PENDING_HANDSHAKES, socketOptions, type TcpOptions } from './options.js'
import { TlsAcceptor } from './tls-acceptor.js'
import type { TlsSettings } from './tls-settings.js'
import { UNIX_NETWORK } from './unix-address.js'

/** What to listen on, and how. */
export interface ListenRequest {
  readonly network: Network
  readonly address: string
  readonly options: TcpOptions
  /** Called once the arguments are checked. */
  readonly settings: () => TlsSettings | undefined
}

/** Listens. Errors as {@link Transport.listen} says. */
export async function listen(request: ListenRequest, events: ListenOptions): Promise<TransportListener> {
  const { network, address, options } = request
  checkFunction('options.onConnection', checkObject('options', events).onConnection)
  const target = await listenTarget(network, address, options)
  const settings = request.settings()
  const listener = new Listener(request, settings, events)
  await listener.start(target)
  return listener
}

class Listener implements TransportListener {
  readonly network: Network
  readonly isAuthenticated: boolean
  address = ''
  isLocal = false
  readonly #server: Server
  readonly #acceptor: TlsAcceptor | undefined
  readonly #events: ListenOptions
  readonly #traits: ConnectionTraits

  constructor({ network, options }: ListenRequest, settings: TlsSettings | undefined, events: ListenOptions) {
    this.network = network
    this.#events = events
    this.#traits = { isLocalUnix: network === UNIX_NETWORK, memory: options.memory ?? 'fast' }
    this.isAuthenticated = settings?.isMutual === true
    this.#acceptor = settings && this.#makeAcceptor(settings, options)
    // Nothing is read before the connection has a handler.
    this.#server = createServer({ ...socketOptions(options), pauseOnConnect: true }, (socket) =>
      this.#accepted(socket),
    )
  }

  start(target: NodeListenOptions): Promise<void> {
    const server = this.#server
    return new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen(target, () => {
        server.off('error', reject)
        server.on('error', (error) => this.#events.onError?.(error))
        const found = server.address()
        this.address =
          typeof found === 'object' && found !== null
            ? formatTcpAddress(found.address, found.port)
            : (found ?? target.path ?? '')
        this.isLocal = typeof found !== 'object' || found === null || isLoopback(found.address)
        resolve()
      })
    })
  }

  async close(): Promise<void> {
    // The address is free when this returns; the callback would wait for the connections too.
    if (this.#server.listening) this.#server.close()
    this.#acceptor?.close()
  }

  ref(): void {
    this.#server.ref()
  }

  unref(): void {
    this.#server.unref()
  }

  #makeAcceptor(settings: TlsSettings, options: TcpOptions): TlsAcceptor {
    const maxPending = options.maxPendingHandshakes ?? DEFAULT_MAX_PENDING_HANDSHAKES
    return new TlsAcceptor(settings, maxPending, {
      onSecure: (socket) =>
        this.#events.onConnection(tlsConnection(socket, this.#endsOf(socket), this.#traits)),
      onError: (error) => this.#events.onError?.(error),
    })
  }

  #accepted(socket: Socket): void {
    if (this.#acceptor === undefined) {
      this.#events.onConnection(plainConnection(socket, this.#endsOf(socket), this.#traits))
      return
    }
    // The TLS socket over it reports what breaks it, before and after the handshake.
    socket.on('error', () => {})
    this.#acceptor.accept(socket)
  }

  #endsOf(socket: Socket): EndNames {
    return this.network === UNIX_NETWORK ? { localAddress: this.address, remoteAddress: '' } : tcpEnds(socket)
  }
}
