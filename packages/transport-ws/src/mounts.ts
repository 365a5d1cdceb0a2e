import type { IncomingMessage, Server } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { AstraError } from '@astranet/interface'
import type { Acceptor } from './acceptor.js'
import { pathOf } from './path.js'
import { answer, refusal } from './upgrade.js'

/**
 * The paths of one HTTP server, somebody else's, at which transports listen.
 *
 * A request for another path is the affair of the server's other `'upgrade'` listeners, now or later: nothing is written to
 * its socket, nobody listens on it and no clock runs for it. Only when there is no other listener does it get 404 here,
 * because HTTP has let go of it, and it would stay for good.
 */
export class Mounts {
  readonly #server: Server
  readonly #mounts = new Map<string, Acceptor>()
  /** An `'upgrade'` listener was removed just now: one that listens once is gone before it is called. */
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

  /** Those of `server`: one table for all transports, since one request can become one WebSocket only. */
  static of(server: Server): Mounts {
    let found = MOUNTS.get(server)
    if (found === undefined) MOUNTS.set(server, (found = new Mounts(server)))
    return found
  }

  /** Throws `EADDRINUSE` when there is something at `path`. */
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

  /** Whether the request was, or may still be, seen by somebody else. */
  #hasOthers(): boolean {
    return this.#hasJustLostOther || this.#server.listenerCount('upgrade') > 1
  }
}

/** Whether another listener, called before, has made something of the socket: HTTP hands it over with nobody reading it. */
function isTaken(socket: Socket): boolean {
  return !socket.writable || socket.readableFlowing !== null || socket.listenerCount('data') > 0
}

const MOUNTS = new WeakMap<Server, Mounts>()
