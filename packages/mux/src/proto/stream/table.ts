import type { Stream } from './stream.js'

const PAGE_BITS = 10
const PAGE_SIZE = 1 << PAGE_BITS

interface Page {
  readonly slots: (Stream | undefined)[]
  count: number
}

/**
 * The open streams of one kind (RFC 9000 section 2.1: initiator and directionality), by index. Ids of one kind count
 * up, so the table is made of pages of 1,024 neighbours: 8 bytes a stream and no hashing while frames stay in a page.
 */
export class StreamTable {
  /** Streams in the table. */
  size = 0
  readonly #pages = new Map<number, Page>()
  #lastNumber = -1
  #lastPage: Page | undefined = undefined

  /** The stream of this index, if it is open. */
  at(index: number): Stream | undefined {
    const page = this.#page(Math.floor(index / PAGE_SIZE))
    return page === undefined ? undefined : page.slots[index % PAGE_SIZE]
  }

  /** Adds a stream under an index that is free. */
  add(index: number, stream: Stream): void {
    const number = Math.floor(index / PAGE_SIZE)
    let page = this.#page(number)
    if (page === undefined) {
      page = { slots: new Array<Stream | undefined>(PAGE_SIZE).fill(undefined), count: 0 }
      this.#pages.set(number, page)
      this.#lastNumber = number
      this.#lastPage = page
    }
    page.slots[index % PAGE_SIZE] = stream
    page.count += 1
    this.size += 1
  }

  /** Removes the stream of this index; harmless when there is none. */
  remove(index: number): void {
    const number = Math.floor(index / PAGE_SIZE)
    const page = this.#page(number)
    if (page === undefined || page.slots[index % PAGE_SIZE] === undefined) return
    page.slots[index % PAGE_SIZE] = undefined
    page.count -= 1
    this.size -= 1
    if (page.count > 0) return
    this.#pages.delete(number)
    this.#lastNumber = -1
    this.#lastPage = undefined
  }

  /** All streams, in no particular order. Streams may be removed meanwhile. */
  *[Symbol.iterator](): Generator<Stream> {
    for (const page of this.#pages.values()) {
      let left = page.count
      for (let i = 0; left > 0 && i < PAGE_SIZE; i++) {
        const stream = page.slots[i]
        if (stream === undefined) continue
        left -= 1
        yield stream
      }
    }
  }

  #page(number: number): Page | undefined {
    if (number === this.#lastNumber) return this.#lastPage
    const page = this.#pages.get(number)
    if (page !== undefined) {
      this.#lastNumber = number
      this.#lastPage = page
    }
    return page
  }
}
