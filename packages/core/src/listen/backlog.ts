import { FifoQueue } from '@astranet/interface/collections'
import type { IncomingSocket } from './incoming-socket.js'

/** A search for streams that were given up is repeated after this share of the backlog has arrived. */
const SEARCH_SHARE = 1 / 16

/** Streams that wait in a listener, oldest first. Streams that their dialers have given up are dropped if room is needed. */
export class Backlog {
  readonly #limit: number
  readonly #queue = new FifoQueue<IncomingSocket>()
  /** Arrivals, taken or refused, since the last search for streams that were given up. */
  #arrivals = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Streams that wait, including those that were given up meanwhile. */
  get size(): number {
    return this.#queue.size
  }

  /** Whether there is no room for another stream beside `others` that have been promised a place. */
  isFull(others: number): boolean {
    this.#arrivals += 1
    if (this.size + others < this.#limit) return false
    // A search costs time for each stream that waits; its rate is limited so that an arrival stays cheap.
    if (this.#arrivals >= this.#limit * SEARCH_SHARE) this.#dropGivenUp()
    return this.size + others >= this.#limit
  }

  push(incoming: IncomingSocket): void {
    this.#queue.push(incoming)
  }

  /** Takes the oldest stream out. Streams that are closed already are skipped. */
  shift(): IncomingSocket | undefined {
    let incoming = this.#queue.shift()
    while (incoming?.stream.isClosed === true) incoming = this.#queue.shift()
    return incoming
  }

  #dropGivenUp(): void {
    this.#queue.keep((incoming) => {
      const isKept = !isGivenUp(incoming)
      if (!isKept) incoming.stream.destroy()
      return isKept
    })
    this.#arrivals = 0
  }
}

/** Whether it is closed, or its dialer reads nothing any more and has left nothing to read. */
function isGivenUp({ stream, initialBytes }: IncomingSocket): boolean {
  if (stream.isClosed) return true
  return !stream.canWrite && stream.unreadBytes === 0 && initialBytes === undefined
}
