import type { AstraNet, Socket } from '@astranet/core'
import { tellProgress } from './answer-calls.js'
import type { Exchanged, Opened } from './calls.js'
import { inWindow } from './in-window.js'
import { countEqual, PAYLOAD_BYTES, payloadOf } from './payload.js'

/** Dials, and later exchanges, under way at once. */
const WINDOW = 4_096

/** How long one dial may take: all of a window wait for each other. */
const DIAL_TIMEOUT_MS = 60_000

/** The streams to `echo`: all opened, then all used, none closed in between. */
export class Streams {
  readonly #node: AstraNet
  #sockets: Socket[] = []
  #verifiedBytes = 0

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
      socket.on('error', ignore)
      sockets[index] = socket
      opened += 1
      tellProgress(opened)
    })
    this.#sockets = sockets
    return { elapsedMs: performance.now() - startedAt }
  }

  /** Sends each stream its bytes and compares what comes back; the streams stay open. */
  async exchange(): Promise<Exchanged> {
    const count = this.#sockets.length
    this.#verifiedBytes = 0
    const startedAt = performance.now()
    await inWindow(count, WINDOW, (index) => this.#exchangeOne(index))
    return {
      sentBytes: count * PAYLOAD_BYTES,
      verifiedBytes: this.#verifiedBytes,
      elapsedMs: performance.now() - startedAt,
    }
  }

  /** Streams that can still be read and written. */
  openCount(): number {
    return this.#sockets.reduce((count, socket) => (socket.readyState === 'open' ? count + 1 : count), 0)
  }

  /** Resolves when as many bytes came back as were sent, or when none will: what is missing then is missing in the sum. */
  #exchangeOne(index: number): Promise<void> {
    const socket = this.#sockets[index] as Socket
    const expected = payloadOf(index)
    let received = 0
    return new Promise((resolve) => {
      const done = (): void => {
        socket.off('data', onData).off('close', done)
        tellProgress(index)
        resolve()
      }
      const onData = (chunk: Uint8Array): void => {
        this.#verifiedBytes += countEqual(chunk, expected, received)
        received += chunk.length
        if (received >= expected.length) done()
      }
      socket.on('data', onData).on('close', done)
      socket.write(expected)
    })
  }
}

/** A stream that broke has no bytes to verify, and is counted so. */
function ignore(): void {}
