import type { IncomingSocket } from './incoming-socket.js'

/** Taken items are cut off the front of the array in batches of this size. */
const CUT_AT = 4_096

/** A search for streams that were given up is repeated after this share of the backlog has arrived. */
const SEARCH_SHARE = 1 / 16

/** Streams that wait in a listener, oldest first. Streams that their dialers have given up are dropped if room is needed. */
export class Backlog {
  readonly #limit: number
  #items: IncomingSocket[] = []
  #head = 0
  /** Arrivals, taken or refused, since the last search for streams that were given up. */
  #arrivals = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Streams that wait, including those that were given up meanwhile. */
  get size(): number {
    return this.#items.length - this.#head
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
    this.#items.push(incoming)
  }

  /** Takes the oldest stream out. Streams that are closed already are skipped. */
  shift(): IncomingSocket | undefined {
    while (this.size > 0) {
      const incoming = this.#items[this.#head] as IncomingSocket
      this.#head += 1
      if (this.#head === this.#items.length || this.#head >= CUT_AT) {
        this.#items.splice(0, this.#head)
        this.#head = 0
      }
      if (!incoming.stream.isClosed) return incoming
    }
    return undefined
  }

  #dropGivenUp(): void {
    const living: IncomingSocket[] = []
    for (const incoming of this.#items.slice(this.#head)) {
      if (isGivenUp(incoming)) incoming.stream.destroy()
      else living.push(incoming)
    }
    this.#items = living
    this.#head = 0
    this.#arrivals = 0
  }
}

/** Whether it is closed, or its dialer reads nothing any more and has left nothing to read. */
function isGivenUp({ stream, initialBytes }: IncomingSocket): boolean {
  if (stream.isClosed) return true
  return !stream.canWrite && stream.unreadBytes === 0 && initialBytes === undefined
}
