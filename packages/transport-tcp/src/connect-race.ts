import type { NetConnectOpts, Socket } from 'node:net'
import { connectFromOwnPort } from './bound-socket.js'

/** How long a connection is tried alone before the next one is begun beside it (RFC 8305, section 5), in ms. */
const STAGGER_MS = 250

/**
 * Connects to the first of several addresses that answers. The next attempt begins after a while, or at once when all
 * that were begun have failed. No attempt is given up before another one has connected: the first address may be slow
 * and the only one that works.
 */
export class ConnectRace {
  /** A connected socket without listeners. Rejects with the only error, or with all of them as an `AggregateError`. */
  readonly winner: Promise<Socket>
  readonly #waiting: NetConnectOpts[]
  readonly #sockets = new Set<Socket>()
  readonly #errors: Error[] = []
  #timer: NodeJS.Timeout | undefined
  #resolve!: (socket: Socket) => void
  #reject!: (error: Error) => void

  /** `candidates` are one or more, with IP addresses in place of names. */
  constructor(candidates: readonly NetConnectOpts[]) {
    this.#waiting = [...candidates]
    this.winner = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    this.#next()
  }

  /** Destroys all sockets, that of the winner too. The promise `winner` does not change. */
  destroy(): void {
    clearTimeout(this.#timer)
    this.#waiting.length = 0
    for (const socket of this.#sockets) socket.destroy()
  }

  #next(): void {
    const options = this.#waiting.shift()
    if (options === undefined) return
    const socket = connectFromOwnPort(options)
    this.#sockets.add(socket)
    // This listener stays on the losers: their later errors are of no interest.
    const onError = (error: Error): void => this.#failed(socket, error)
    socket.on('error', onError)
    socket.once('connect', () => {
      socket.off('error', onError)
      this.#won(socket)
    })
    if (this.#waiting.length > 0) this.#timer = setTimeout(() => this.#next(), STAGGER_MS)
  }

  #won(socket: Socket): void {
    this.#sockets.delete(socket)
    this.destroy()
    this.#sockets.add(socket)
    this.#resolve(socket)
  }

  #failed(socket: Socket, error: Error): void {
    this.#sockets.delete(socket)
    this.#errors.push(error)
    if (this.#sockets.size > 0) return
    clearTimeout(this.#timer)
    if (this.#waiting.length > 0) this.#next()
    else this.#reject(this.#errors.length === 1 ? error : new AggregateError(this.#errors))
  }
}
