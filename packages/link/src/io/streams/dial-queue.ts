import type { OutgoingDial } from './outgoing-dial.js'

/** Dials that wait until the peer allows more streams, in their order; cancelled ones are skipped. */
export class DialQueue {
  #dials: (OutgoingDial | undefined)[] = []
  #head = 0

  push(dial: OutgoingDial): void {
    this.#dials.push(dial)
  }

  /** The first dial that still needs a stream; it stays in the queue. */
  peek(): OutgoingDial | undefined {
    for (; this.#head < this.#dials.length; this.shift()) {
      const dial = this.#dials[this.#head]
      if (dial !== undefined && !dial.isFinished) return dial
    }
    return undefined
  }

  /** Drops the first. */
  shift(): void {
    if (this.#head >= this.#dials.length) return
    this.#dials[this.#head] = undefined
    this.#head++
    if (this.#head * 2 < this.#dials.length) return
    // Half of the array is spent: moving the others down costs one step for each that was shifted.
    this.#dials.splice(0, this.#head)
    this.#head = 0
  }
}
