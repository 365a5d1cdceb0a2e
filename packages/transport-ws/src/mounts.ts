import type { IncomingMessage, Server } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { AstraError, systemClock } from '@astranet/interface'
import type { Acceptor } from './acceptor.js'
import { answer } from './upgrade.js'

/** What is mounted at a path. */
export interface Mount {
  readonly acceptor: Acceptor
  /** How long who asks for a path where nobody answers may wait for that, in ms. */
  readonly handshakeTimeoutMs: number
}

/** The paths of one HTTP server, somebody else's, at which transports listen. */
export class Mounts {
  readonly #server: Server
  readonly #mounts = new Map<string, Mount>()
  readonly #onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void =>
    this.#upgrade(request, socket as Socket, head)

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
  add(path: string, mount: Mount): void {
    if (this.#mounts.has(path))
      throw new AstraError('EADDRINUSE', `Something listens at ${path} of that server already.`)
    if (this.#mounts.size === 0) this.#server.on('upgrade', this.#onUpgrade)
    this.#mounts.set(path, mount)
  }

  /** Idempotent. */
  remove(path: string, mount: Mount): void {
    if (this.#mounts.get(path) !== mount) return
    this.#mounts.delete(path)
    if (this.#mounts.size === 0) this.#server.off('upgrade', this.#onUpgrade)
  }

  #upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    const mount = this.#mounts.get(request.url ?? '')
    if (mount !== undefined) mount.acceptor.upgrade(request, socket, head)
    else if (this.#server.listenerCount('upgrade') === 1) answer(socket, 404)
    else this.#waitForOthers(socket)
  }

  /** Others may answer at other paths. Whoever asks for one where nobody does would stay for good: HTTP has let go of it. */
  #waitForOthers(socket: Socket): void {
    const before = socket.bytesWritten
    const timeoutMs = Math.max(...[...this.#mounts.values()].map((mount) => mount.handshakeTimeoutMs))
    const timer = systemClock.setTimer(timeoutMs, () => {
      if (socket.bytesWritten === before) answer(socket, 404)
    })
    socket.once('close', () => timer.cancel())
    // Nobody else may have a handler yet.
    socket.on('error', () => {})
  }
}

const MOUNTS = new WeakMap<Server, Mounts>()
