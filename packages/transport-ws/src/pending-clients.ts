import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import { AstraError } from '@astranet/interface'
import { leftError, tlsError } from './client-error.js'

/** Node has the socket below a TLS socket in a property that it does not document. */
type OverSocket = Duplex & { readonly _parent?: Duplex | null }

/** The options of {@link PendingClients}. */
export interface PendingClientsOptions {
  readonly isTls: boolean
  /** The most clients at once. */
  readonly max: number
  /** Why a client was refused or has left. Called once for each such client. */
  readonly onError: (error: Error) => void
}

/**
 * Connections to an HTTP or HTTPS server that are not WebSockets yet, up to a limit. They end by the server's own deadlines,
 * and the oldest ends for one more: an honest client is done within a round trip or two, so the oldest one most likely only
 * occupies a place.
 */
export class PendingClients {
  readonly #max: number
  readonly #onError: (error: Error) => void
  /** By TCP connection, oldest first: the socket to read, once the TLS handshake (if any) is done. */
  readonly #clients = new Map<Duplex, Duplex | undefined>()
  /** The clients that were reported, by TCP connection. */
  readonly #reported = new WeakSet<Duplex>()

  constructor(server: Server, { isTls, max, onError }: PendingClientsOptions) {
    this.#max = max
    this.#onError = onError
    // Runs after the server's own listener: the server must count a socket before the socket is destroyed.
    server.on('connection', (socket: Socket) => {
      this.#add(socket)
      if (!isTls) this.#secured(socket)
    })
    if (!isTls) return
    server.on('secureConnection', (socket: TLSSocket) => this.#secured(socket))
    server.on('tlsClientError', (error: Error, socket: TLSSocket) => {
      this.#clients.delete(below(socket))
      socket.destroy()
      this.report(socket, tlsError(error))
    })
  }

  /** Whether `socket` is pending, with its TLS handshake (if any) done. */
  has(socket: Duplex): boolean {
    return this.#clients.get(below(socket)) !== undefined
  }

  /** Reports why a client is refused, unless it was reported before. */
  report(socket: Duplex, error: Error): void {
    const raw = below(socket)
    if (this.#reported.has(raw)) return
    this.#reported.add(raw)
    this.#onError(error)
  }

  /** The client has become a WebSocket. */
  done(socket: Duplex): void {
    this.#clients.delete(below(socket))
  }

  /** Disconnects all. */
  close(): void {
    for (const [raw, socket = raw] of this.#clients) {
      this.#reported.add(raw)
      socket.destroy()
    }
  }

  #add(raw: Socket): void {
    const [oldest] = this.#clients
    if (oldest !== undefined && this.#clients.size >= this.#max) this.#cut(...oldest)
    this.#clients.set(raw, undefined)
    // TLS reports a client that leaves during the handshake.
    raw.once('close', () => this.#clients.get(raw) ?? this.#clients.delete(raw))
  }

  #cut(raw: Duplex, socket = raw): void {
    this.#clients.delete(raw)
    const message = `A client was cut: more than ${this.#max} are not WebSockets yet, and it was the oldest.`
    this.report(raw, new AstraError('ASTRA_ERR_WS_BUSY', message))
    socket.destroy()
  }

  /** From here on the server reads requests on `socket`. */
  #secured(socket: Socket): void {
    const raw = below(socket)
    // When the TCP connection is unknown, none is cut: it could be one that is in use.
    if (raw === socket && !this.#clients.has(raw)) this.#clients.clear()
    this.#clients.set(raw, socket)
    socket.once('close', () => {
      if (this.#clients.delete(raw)) this.report(socket, leftError())
    })
  }
}

/** The TCP connection of a socket. */
function below(socket: OverSocket): Duplex {
  return socket._parent ?? socket
}
