import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import { AstraError } from '@astranet/interface'
import { leftError, tlsError } from './client-error.js'

/** Node knows which socket a TLS socket runs over, and says so only between the lines. */
type OverSocket = Duplex & { readonly _parent?: Duplex | null }

/** What a {@link Pending} is told. */
export interface PendingOptions {
  readonly isTls: boolean
  /** So many at most. */
  readonly max: number
  /** Why one of them was turned away or has gone: once for each. */
  readonly onError: (error: Error) => void
}

/**
 * Connections to an HTTP or HTTPS server that are not WebSockets yet: at most so many. They end by the server's own
 * deadlines, and the oldest for one more: whoever means it is done within a round trip or two, and those who only hold a
 * place have been there longest.
 */
export class Pending {
  readonly #max: number
  readonly #onError: (error: Error) => void
  /** By their TCP connection, oldest first: the socket to read, once TLS is done where there is TLS. */
  readonly #strangers = new Map<Duplex, Duplex | undefined>()
  /** Those about whom the listener was told, by their TCP connection. */
  readonly #told = new WeakSet<Duplex>()

  constructor(server: Server, { isTls, max, onError }: PendingOptions) {
    this.#max = max
    this.#onError = onError
    // Behind the server's own listener: it must have seen a socket before that is destroyed, lest the figures differ.
    server.on('connection', (socket: Socket) => {
      this.#add(socket)
      if (!isTls) this.#secured(socket)
    })
    if (!isTls) return
    server.on('secureConnection', (socket: TLSSocket) => this.#secured(socket))
    server.on('tlsClientError', (error: Error, socket: TLSSocket) => {
      this.#strangers.delete(below(socket))
      socket.destroy()
      this.tell(socket, tlsError(error))
    })
  }

  /** Whether it is one of them, with TLS done where there is TLS. */
  has(socket: Duplex): boolean {
    return this.#strangers.get(below(socket)) !== undefined
  }

  /** The listener is told why it is turned away, unless it was already: its end is no news. */
  tell(socket: Duplex, error: Error): void {
    const raw = below(socket)
    if (this.#told.has(raw)) return
    this.#told.add(raw)
    this.#onError(error)
  }

  /** It has become a WebSocket. */
  done(socket: Duplex): void {
    this.#strangers.delete(below(socket))
  }

  /** Disconnects all. */
  close(): void {
    for (const [raw, socket = raw] of this.#strangers) {
      this.#told.add(raw)
      socket.destroy()
    }
  }

  #add(raw: Socket): void {
    const [oldest] = this.#strangers
    if (oldest !== undefined && this.#strangers.size >= this.#max) this.#cut(...oldest)
    this.#strangers.set(raw, undefined)
    // TLS reports those that go during the handshake.
    raw.once('close', () => this.#strangers.get(raw) ?? this.#strangers.delete(raw))
  }

  #cut(raw: Duplex, socket = raw): void {
    this.#strangers.delete(raw)
    const message = `A client was cut: more than ${this.#max} are not WebSockets yet, and it was the oldest.`
    this.tell(raw, new AstraError('ASTRA_ERR_WS_BUSY', message))
    socket.destroy()
  }

  /** From here on the server reads requests on `socket`. */
  #secured(socket: Socket): void {
    const raw = below(socket)
    // Where it cannot be told whose handshake this was, better cut none of them than one that is in use.
    if (raw === socket && !this.#strangers.has(raw)) this.#strangers.clear()
    this.#strangers.set(raw, socket)
    socket.once('close', () => {
      if (this.#strangers.delete(raw)) this.tell(socket, leftError())
    })
  }
}

/** The TCP connection of a socket. */
function below(socket: OverSocket): Duplex {
  return socket._parent ?? socket
}
