import type { IncomingMessage, Server } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { AstraError } from '@astranet/interface'
import type { Acceptor } from './acceptor.js'
import { pathOf } from './path.js'
import { answer, refusal } from './upgrade.js'

/**
 * The paths of one HTTP server of the caller at which transports listen.
 *
 * A request for another path is left to the server's other `'upgrade'` listeners, which may answer it later: nothing is
 * written to its socket, and it gets neither a listener nor a timer. Only when there is no other listener it gets 404 here,
 * because HTTP has released the socket, and it would stay open for good.
 */
export class Mounts {
  readonly #server: Server
  readonly #mounts = new Map<string, Acceptor>()
  /** An `'upgrade'` listener was removed in this turn: one added by `once` is removed before it is called. */
  #hasJustLostOther = false
  readonly #onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void =>
    this.#upgrade(request, socket as Socket, head)
  readonly #onRemoved = (event: string | symbol): void => {
    if (event !== 'upgrade' || this.#hasJustLostOther) return
    this.#hasJustLostOther = true
    queueMicrotask(() => (this.#hasJustLostOther = false))
  }

  private constructor(server: Server) {
    this.#server = server
  }

  /** The mounts of `server`: one table for all transports, because a request can become one WebSocket only. */
  static of(server: Server): Mounts {
    let found = MOUNTS.get(server)
    if (found === undefined) MOUNTS.set(server, (found = new Mounts(server)))
    return found
  }

  /** Throws `EADDRINUSE` when `path` is taken. */
  add(path: string, acceptor: Acceptor): void {
    if (this.#mounts.has(path))
      throw new AstraError('EADDRINUSE', `Something listens at ${path} of that server already.`)
    if (this.#mounts.size === 0)
      this.#server.on('upgrade', this.#onUpgrade).on('removeListener', this.#onRemoved)
    this.#mounts.set(path, acceptor)
  }

  /** Idempotent. */
  remove(path: string, acceptor: Acceptor): void {
    if (this.#mounts.get(path) !== acceptor) return
    this.#mounts.delete(path)
    if (this.#mounts.size > 0) return
    this.#server.off('removeListener', this.#onRemoved).off('upgrade', this.#onUpgrade)
  }

  #upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    const acceptor = this.#mounts.get(pathOf(request) ?? '')
    if (acceptor === undefined) {
      if (!this.#hasOthers()) answer(socket, 404)
    } else if (isTaken(socket)) {
      const why = "another 'upgrade' listener of the server has answered it"
      acceptor.report(refusal(400, request, why).error)
    } else acceptor.upgrade(request, socket, head)
  }

  /** Whether another listener has seen the request, or may still see it. */
  #hasOthers(): boolean {
    return this.#hasJustLostOther || this.#server.listenerCount('upgrade') > 1
  }
}

/** Whether a listener that was called before uses the socket already: HTTP hands it over without a reader. */
function isTaken(socket: Socket): boolean {
  return !socket.writable || socket.readableFlowing !== null || socket.listenerCount('data') > 0
}

const MOUNTS = new WeakMap<Server, Mounts>()
