import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import { AstraError } from '@astranet/interface'
import { leftError, tlsError } from './client-error.js'

/** Node knows which socket a TLS socket runs over, and says so only between the lines. */
type OverSocket = TLSSocket & { readonly _parent?: Socket }

/**
 * Connections to an HTTP or HTTPS server that are not WebSockets yet: at most so many. They end by the server's own
 * deadlines.
 */
export class Pending {
  readonly #sockets = new Set<Duplex>()
  /** TLS handshakes under way, and their TCP connections. */
  #handshakes = 0
  readonly #raw = new Set<Socket>()
  readonly #onError: (error: Error) => void
  /** Those about whom the listener was told. */
  readonly #told = new WeakSet<Duplex>()

  constructor(server: Server, isTls: boolean, max: number, onError: (error: Error) => void) {
    this.#onError = onError
    // Behind the server's own listener: it must have seen a socket before that is destroyed, lest the figures differ.
    server.on('connection', (socket: Socket) => {
      if (isTls) this.#addRaw(socket)
      else this.#add(socket)
      if (this.#handshakes + this.#sockets.size <= max) return
      socket.destroy()
      onError(
        new AstraError(
          'ASTRA_ERR_WS_BUSY',
          `A client was turned away: ${max} others are not WebSockets yet.`,
        ),
      )
    })
    if (!isTls) return
    server.on('secureConnection', (socket: OverSocket) => {
      this.#settled(socket)
      this.#add(socket)
    })
    server.on('tlsClientError', (error: Error, socket: OverSocket) => {
      this.#settled(socket)
      socket.destroy()
      if (!this.#told.has(socket._parent ?? socket)) onError(tlsError(error))
    })
  }

  /** Whether it is one of them, with TLS done where there is TLS. */
  has(socket: Duplex): boolean {
    return this.#sockets.has(socket)
  }

  /** The listener is told why it is turned away: its end is no news. */
  tell(socket: Duplex, error: Error): void {
    this.#told.add(socket)
    this.#onError(error)
  }

  /** It has become a WebSocket. */
  done(socket: Duplex): void {
    this.#sockets.delete(socket)
  }

  /** Disconnects all. */
  close(): void {
    for (const socket of [...this.#sockets, ...this.#raw]) {
      this.#told.add(socket)
      socket.destroy()
    }
  }

  #addRaw(socket: Socket): void {
    this.#handshakes++
    this.#raw.add(socket)
    socket.once('close', () => this.#raw.delete(socket))
  }

  /** The handshake is over. */
  #settled(socket: OverSocket): void {
    this.#handshakes--
    // If it cannot be told which it was: better cut none than one that is in use.
    if (socket._parent !== undefined) this.#raw.delete(socket._parent)
    else this.#raw.clear()
  }

  #add(socket: Socket): void {
    this.#sockets.add(socket)
    socket.once('close', () => {
      if (this.#sockets.delete(socket) && !this.#told.has(socket)) this.#onError(leftError())
    })
  }
}
