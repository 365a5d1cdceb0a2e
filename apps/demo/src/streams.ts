import { once } from 'node:events'
import type { AstraNet, Socket } from '@astranet/core'
import { reportProgress } from './answer-calls.js'
import type { Exchanged, Opened } from './calls.js'
import { Exchanges } from './exchanges.js'
import { inWindow } from './in-window.js'
import { PAYLOAD_BYTES } from './payload.js'

/**
 * Dials, and later exchanges, in flight at once. More are not faster: the objects of a dial then live long enough to
 * move to the old generation of the heap before they are garbage.
 */
const WINDOW = 512

/** How long one dial may take, in ms: the machine may be busy. */
const DIAL_TIMEOUT_MS = 60_000

/** The streams to `echo`: all are opened, then all are used, then all are closed. */
export class Streams {
  readonly #node: AstraNet
  readonly #exchanges = new Exchanges()
  #sockets: Socket[] = []

  constructor(node: AstraNet) {
    this.#node = node
  }

  /** Dials `count` streams; resolves when all are open. */
  async open(count: number): Promise<Opened> {
    const sockets = new Array<Socket>(count)
    const options = { timeoutMs: DIAL_TIMEOUT_MS }
    let opened = 0
    const startedAt = performance.now()
    await inWindow(count, WINDOW, async (index) => {
      const socket = await this.#node.dial('', 'echo', options)
      this.#exchanges.adopt(socket)
      sockets[index] = socket
      opened += 1
      reportProgress(opened)
    })
    this.#sockets = sockets
    return {
      elapsedMs: performance.now() - startedAt,
      path: shared(sockets, ({ path }) => path.kind),
      protection: shared(sockets, ({ remoteIdentity }) => remoteIdentity.security),
    }
  }

  /** Sends the bytes of each stream and compares the returned ones; the streams stay open. */
  async exchange(): Promise<Exchanged> {
    const sockets = this.#sockets
    let verifiedBytes = 0
    let exchanged = 0
    const startedAt = performance.now()
    await inWindow(sockets.length, WINDOW, async (index) => {
      const verified = await this.#exchanges.exchange(sockets[index] as Socket, index)
      verifiedBytes += verified
      exchanged += 1
      reportProgress(exchanged)
    })
    return {
      sentBytes: sockets.length * PAYLOAD_BYTES,
      verifiedBytes,
      elapsedMs: performance.now() - startedAt,
    }
  }

  /** Streams that can be read and written. */
  openCount(): number {
    return this.#sockets.reduce((count, socket) => (socket.readyState === 'open' ? count + 1 : count), 0)
  }

  /** Ends all streams; resolves when all are closed. */
  async close(): Promise<void> {
    const sockets = this.#sockets
    this.#sockets = []
    await inWindow(sockets.length, WINDOW, async (index) => {
      const socket = sockets[index] as Socket
      if (socket.closed) return
      socket.end()
      await once(socket, 'close')
    })
  }
}

/** What all sockets have in common; `'mixed'` if they differ. */
function shared<T extends string>(sockets: readonly Socket[], of: (socket: Socket) => T): T | 'mixed' {
  const values = new Set(sockets.map(of))
  const [value = 'mixed'] = values
  return values.size === 1 ? value : 'mixed'
}
