import type { Socket } from 'node:net'
import { onAbort } from '@astranet/interface'
import { checkInteger } from '@astranet/interface/check'
import { connectFrom, connectionOf } from './local-socket.js'
import { checkPunchOptions, PUNCH_NAMES, type PunchOptions } from './punch-options.js'

/**
 * How far apart two attempts begin, in ms, when the first one was refused. A NAT that refuses lets a SYN in only while
 * it waits for the answer to one that went out, so both sides begin again and again until two SYNs cross. An attempt
 * that is not answered lasts: the system repeats its SYN, and the peer's SYN completes it.
 */
const RETRY_INTERVAL_MS = 50

/** Each attempt begins later by up to this time, in ms, so that the two sides do not miss each other each time. */
const RETRY_JITTER_MS = 25

/** What {@link openSimultaneously} needs beside the common options. */
export interface SimultaneousOpenOptions extends PunchOptions {
  /**
   * The port from which to connect: that of a connection whose address the peer was given, or any one where NATs keep
   * the ports. 1 to 65,535.
   */
  readonly localPort: number
}

/**
 * Connects to a peer that connects to this port at the same time, so that the NATs of both sides take the peer's SYN
 * for an answer (TCP simultaneous open, RFC 9293, section 3.5). Goes on until the signal aborts. Holds one socket and
 * one timer. Throws a `TypeError` or `RangeError` that names what is wrong.
 */
export function openSimultaneously(options: SimultaneousOpenOptions): void {
  checkPunchOptions<SimultaneousOpenOptions>(options, { ...PUNCH_NAMES, localPort: true })
  checkInteger('localPort', options.localPort, { min: 1, max: 0xffff })
  if (!options.signal.aborted) new SimultaneousOpen(options)
}

class SimultaneousOpen {
  readonly #options: SimultaneousOpenOptions
  #socket: Socket | undefined = undefined
  #timer: NodeJS.Timeout | undefined = undefined
  #begunAt = 0

  constructor(options: SimultaneousOpenOptions) {
    this.#options = options
    onAbort(options.signal, () => this.#stop())
    this.#attempt()
  }

  #attempt(): void {
    const { localPort, remote, takeSyn, signal } = this.#options
    this.#begunAt = performance.now()
    if (!takeSyn()) {
      this.#again()
      return
    }
    this.#socket = connectFrom(localPort, remote, {
      onConnect: (socket) => {
        this.#socket = undefined
        this.#options.onConnection(connectionOf(socket))
        // While the connection lives, further attempts fail at once; they are for the case that it was not the peer.
        if (!signal.aborted) this.#again()
      },
      onError: () => {
        this.#socket = undefined
        if (!signal.aborted) this.#again()
      },
    })
  }

  #again(): void {
    const { random = Math.random } = this.#options
    const dueAt = this.#begunAt + RETRY_INTERVAL_MS + random() * RETRY_JITTER_MS
    this.#timer = setTimeout(() => this.#attempt(), Math.max(0, dueAt - performance.now()))
  }

  #stop(): void {
    clearTimeout(this.#timer)
    this.#socket?.destroy()
  }
}
