import type { IncomingSocket } from './listener-queue.js'

/** Taken items are cut off the front by so many at a time. */
const CUT_AT = 4_096

/** The least part of the backlog that must have come since the last search for the dead before there is another. */
const SEARCH_SHARE = 1 / 16

/** Streams that wait in a listener, oldest first. Those that their dialers have given up make room when it is needed. */
export class Backlog {
  readonly #limit: number
  #items: IncomingSocket[] = []
  #head = 0
  /** Arrivals, taken or not, since the dead were last looked for. */
  #arrivals = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Streams that wait, with those that were given up meanwhile. */
  get size(): number {
    return this.#items.length - this.#head
  }

  /** Whether there is no room for another one beside `others` that are promised a place. */
  isFull(others: number): boolean {
    this.#arrivals += 1
    if (this.size + others < this.#limit) return false
    // Looked for at most once per so many arrivals, so that each costs little however many wait.
    if (this.#arrivals >= this.#limit * SEARCH_SHARE) this.#dropDead()
    return this.size + others >= this.#limit
  }

  push(incoming: IncomingSocket): void {
    this.#items.push(incoming)
  }

  /** Takes the oldest out, past those of which nothing can be had any more. */
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

  #dropDead(): void {
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

/** Whether it is over, or its dialer reads nothing any more and has left nothing to read. */
function isGivenUp({ stream, rest }: IncomingSocket): boolean {
  if (stream.isClosed) return true
  return !stream.canWrite && stream.unreadBytes === 0 && rest === undefined
}
