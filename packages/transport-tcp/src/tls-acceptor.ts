import type { Socket } from 'node:net'
import type { Server, TLSSocket } from 'node:tls'
import { AstraError } from '@astranet/interface'
import { tcpEnds } from './connection.js'
import { alpnError, handshakeError } from './handshake-error.js'
import { nodeTls } from './node-modules.js'
import type { TlsSettings } from './tls-settings.js'

/** What a {@link TlsAcceptor} reports: one of the two for each socket it was given. */
export interface TlsAcceptorEvents {
  /** The peer has proved who it is. */
  onSecure(socket: TLSSocket): void
  /** The socket is closed. */
  onError(error: Error): void
}

/**
 * Shakes hands with those who connect, at most so many at once: the oldest is cut for one more, since whoever means it is
 * done within a round trip or two, and those who only hold a place have been there longest. It is the server that `node:tls` makes, which listens
 * nowhere and is handed its connections: only that one checks clients' certificates.
 */
export class TlsAcceptor {
  readonly #server: Server
  readonly #settings: TlsSettings
  readonly #events: TlsAcceptorEvents
  readonly #maxPending: number
  /** The sockets of handshakes under way, oldest first. */
  readonly #sockets = new Set<Socket>()
  /** Those that were cut for another: their end is no news. */
  readonly #cut = new WeakSet<Socket>()
  #isClosed = false

  constructor(settings: TlsSettings, maxPending: number, events: TlsAcceptorEvents) {
    this.#settings = settings
    this.#maxPending = maxPending
    this.#events = events
    this.#server = nodeTls().createServer(settings.server)
    // Exactly one of the two comes for each socket, at the end of its handshake.
    this.#server.on('secureConnection', (socket) => this.#secured(socket))
    this.#server.on('tlsClientError', (error, socket) => this.#failed(error, socket))
  }

  /** Begins the handshake on a socket that was just accepted and has not been read. */
  accept(raw: Socket): void {
    const [oldest] = this.#sockets
    if (oldest !== undefined && this.#sockets.size >= this.#maxPending) this.#cutOff(oldest)
    this.#sockets.add(raw)
    raw.once('close', () => this.#sockets.delete(raw))
    // Who ends before the handshake is done has gone.
    raw.allowHalfOpen = false
    this.#server.emit('connection', raw)
  }

  /** Cuts the handshakes under way; none succeeds from now on. */
  close(): void {
    this.#isClosed = true
    for (const socket of this.#sockets) socket.destroy()
  }

  #cutOff(raw: Socket): void {
    this.#sockets.delete(raw)
    this.#cut.add(raw)
    raw.destroy()
    const message = `A connection was cut: more than ${this.#maxPending} TLS handshakes are under way, and it was the oldest.`
    this.#events.onError(new AstraError('ASTRA_ERR_TLS_BUSY', message))
  }

  /** Its handshake is over. */
  #settled(socket: TLSSocket): void {
    const raw = socketBelow(socket)
    if (raw !== undefined) this.#sockets.delete(raw)
    // Which one it was cannot be told: better cut none of these than one that is in use.
    else this.#sockets.clear()
  }

  #secured(socket: TLSSocket): void {
    this.#settled(socket)
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
    this.#settled(socket)
    // Node leaves open what was too slow.
    socket.destroy()
    // And closes a socket whose certificate it does not trust without more ado.
    const { authorizationError } = socket
    const code = authorizationError as Error | string | null | undefined
    const found = typeof code === 'string' ? Object.assign(new Error(code), { code, cause: error }) : error
    const raw = socketBelow(socket)
    if (this.#isClosed || (raw !== undefined && this.#cut.has(raw))) return
    this.#events.onError(handshakeError(found, this.#settings, nameOf(tcpEnds(socket).remoteAddress)))
  }
}

function nameOf(remoteAddress: string): string {
  return remoteAddress === '' ? 'a client' : `the client at ${remoteAddress}`
}

/** The socket that a TLS socket runs over. Node knows, and says so only between the lines. */
function socketBelow(socket: TLSSocket & { readonly _parent?: Socket }): Socket | undefined {
  return socket._parent
}
