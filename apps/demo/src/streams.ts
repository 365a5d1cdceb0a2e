import type { AstraNet, Socket } from '@astranet/core'
import { tellProgress } from './answer-calls.js'
import type { Exchanged, Opened } from './calls.js'
import { Exchanges } from './exchanges.js'
import { inWindow } from './in-window.js'
import { PAYLOAD_BYTES } from './payload.js'

/**
 * Dials, and later exchanges, under way at once. More are not faster: what belongs to a dial then lives long enough to be
 * moved to the old part of the heap before it is garbage.
 */
const WINDOW = 512

/** How long one dial may take: the machine may be busy with much else. */
const DIAL_TIMEOUT_MS = 60_000

/** The streams to `echo`: all opened, then all used, none closed in between. */
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
      tellProgress(opened)
    })
    this.#sockets = sockets
    return { elapsedMs: performance.now() - startedAt }
  }

  /** Sends each stream its bytes and compares what comes back; the streams stay open. */
  async exchange(): Promise<Exchanged> {
    const sockets = this.#sockets
    let verifiedBytes = 0
    let exchanged = 0
    const startedAt = performance.now()
    await inWindow(sockets.length, WINDOW, async (index) => {
      const verified = await this.#exchanges.exchange(sockets[index] as Socket, index)
      verifiedBytes += verified
      exchanged += 1
      tellProgress(exchanged)
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
}
