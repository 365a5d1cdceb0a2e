/** What an item of a {@link LinkedList} has: its neighbours, `undefined` while it is in no list. The list writes them. */
export interface Linked<T> {
  previous: T | undefined
  next: T | undefined
}

/**
 * A doubly linked list through fields of its own items: an item leaves it at once from anywhere, nothing is allocated, and
 * one that has left refers to no other. (A `Set` would keep items alive that have left it until the next full garbage
 * collection, because the tables that it has outgrown refer to each other.) An item is in one list at most.
 *
 * To walk it, start at `first` and follow `next`.
 */
export class LinkedList<T extends Linked<T>> {
  #first: T | undefined = undefined
  #last: T | undefined = undefined

  /** The item that was added before all others. */
  get first(): T | undefined {
    return this.#first
  }

  /** The item that was added last. */
  get last(): T | undefined {
    return this.#last
  }

  /** Whether `item` is in this list. It must not be in another one. */
  has(item: T): boolean {
    return item.previous !== undefined || this.#first === item
  }

  /** Adds an item that is in no list. */
  push(item: T): void {
    const last = this.#last
    item.previous = last
    if (last === undefined) this.#first = item
    else last.next = item
    this.#last = item
  }

  /** Takes an item out that is in this list. */
  delete(item: T): void {
    const { previous, next } = item
    if (previous === undefined) this.#first = next
    else previous.next = next
    if (next === undefined) this.#last = previous
    else next.previous = previous
    item.previous = undefined
    item.next = undefined
  }
}
