import type { Socket } from 'node:net'
import type { Server, TLSSocket } from 'node:tls'
import { AstraError } from '@astranet/interface'
import { tcpEnds } from './connection.js'
import { alpnError, handshakeError } from './handshake-error.js'
import { nodeTls } from './node-modules.js'
import type { TlsSettings } from './tls-settings.js'

/** What a {@link TlsAcceptor} reports: one of the two calls for each socket. */
export interface TlsAcceptorEvents {
  /** The handshake is done, and the peer has proved its identity if it had to. */
  onSecure(socket: TLSSocket): void
  /** The socket is closed. */
  onError(error: Error): void
}

/**
 * Runs the TLS handshakes of a listener, up to a limit. For one more the oldest is closed: an honest client is done
 * within a round trip or two, so the oldest one most likely only occupies a place. The handshakes run in a server of
 * `node:tls` that does not listen and is given its connections, because only such a server checks the certificates of
 * clients.
 */
export class TlsAcceptor {
  readonly #server: Server
  readonly #settings: TlsSettings
  readonly #events: TlsAcceptorEvents
  readonly #maxPending: number
  /** The sockets of handshakes in progress, oldest first. */
  readonly #sockets = new Set<Socket>()
  /** The sockets that were closed for another one, and reported then. */
  readonly #cut = new WeakSet<Socket>()
  #isClosed = false

  constructor(settings: TlsSettings, maxPending: number, events: TlsAcceptorEvents) {
    this.#settings = settings
    this.#maxPending = maxPending
    this.#events = events
    this.#server = nodeTls().createServer(settings.server)
    // Exactly one of the two events comes for each socket, at the end of its handshake.
    this.#server.on('secureConnection', (socket) => this.#secured(socket))
    this.#server.on('tlsClientError', (error, socket) => this.#failed(error, socket))
  }

  /** Begins the handshake on a socket that was just accepted and not read from. */
  accept(raw: Socket): void {
    const [oldest] = this.#sockets
    if (oldest !== undefined && this.#sockets.size >= this.#maxPending) this.#cutOff(oldest)
    this.#sockets.add(raw)
    raw.once('close', () => this.#sockets.delete(raw))
    // A client that ends before the handshake is done has left.
    raw.allowHalfOpen = false
    this.#server.emit('connection', raw)
  }

  /** Ends the handshakes in progress; none succeeds from now on. */
  close(): void {
    this.#isClosed = true
    for (const socket of this.#sockets) socket.destroy()
  }

  #cutOff(raw: Socket): void {
    this.#sockets.delete(raw)
    this.#cut.add(raw)
    raw.destroy()
    const message = `A connection was cut: more than ${this.#maxPending} TLS handshakes are in progress, and it was the oldest.`
    this.#events.onError(new AstraError('ASTRA_ERR_TLS_BUSY', message))
  }

  /** The handshake of `socket` is done or has failed. */
  #finished(socket: TLSSocket): void {
    const raw = socketBelow(socket)
    if (raw !== undefined) this.#sockets.delete(raw)
    // When the socket below is unknown, none is closed: it could be one that is in use.
    else this.#sockets.clear()
  }

  #secured(socket: TLSSocket): void {
    this.#finished(socket)
    const { remoteAddress } = tcpEnds(socket)
    if (this.#isClosed) {
      socket.destroy()
    } else if (socket.alpnProtocol === this.#settings.alpnProtocol) {
      socket.allowHalfOpen = true
      this.#events.onSecure(socket)
    } else {
      socket.destroy()
      this.#events.onError(alpnError(socket.alpnProtocol, this.#settings, nameOf(remoteAddress)))
    }
  }

  #failed(error: Error, socket: TLSSocket): void {
    this.#finished(socket)
    // Node leaves a socket open whose handshake took too long.
    socket.destroy()
    // Node closes a socket whose certificate it does not trust without an error that says so.
    const { authorizationError } = socket
    const code = authorizationError as Error | string | null | undefined
    const found = typeof code === 'string' ? Object.assign(new Error(code), { code, cause: error }) : error
    const raw = socketBelow(socket)
    if (this.#isClosed || (raw !== undefined && this.#cut.has(raw))) return
    this.#events.onError(handshakeError(found, nameOf(tcpEnds(socket).remoteAddress)))
  }
}

function nameOf(remoteAddress: string): string {
  return remoteAddress === '' ? 'a client' : `the client at ${remoteAddress}`
}

/** The socket below a TLS socket, which Node has in a property that it does not document. */
function socketBelow(socket: TLSSocket & { readonly _parent?: Socket }): Socket | undefined {
  return socket._parent
}
