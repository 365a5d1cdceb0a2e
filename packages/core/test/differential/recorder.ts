import type { Side } from './operation.js'
import { UNSHIFTED, written } from './pattern.js'

/** Of which direction an entry speaks. The two directions of a socket keep no order between each other. */
export type Direction = 'read' | 'write' | 'both'

/** What one side saw in one section: from one moment of silence to the next. */
export interface SideSection {
  readonly reads: readonly string[]
  readonly writes: readonly string[]
}

/** Writes down what happens on one side. Data is merged, since how it comes in chunks is chance. */
export class Recorder {
  readonly #peer: Side
  readonly #isPeerEchoing: boolean
  #reads: string[] = []
  #writes: string[] = []
  #unnotedBytes = 0
  #unnotedUnshifted = 0
  /** Bytes of the peer that arrived, all in order. */
  receivedBytes = 0
  /** Things that happened, with every chunk. */
  activity = 0

  /** What a peer that echoes sends is counted and not looked at. */
  constructor(peer: Side, isPeerEchoing: boolean) {
    this.#peer = peer
    this.#isPeerEchoing = isPeerEchoing
  }

  note(direction: Direction, text: string): void {
    this.activity += 1
    if (direction !== 'write') {
      this.#noteData()
      this.#reads.push(text)
    }
    if (direction !== 'read') this.#writes.push(text)
  }

  /** Notes data, and when it is not what the peer wrote. */
  received(chunk: Buffer): void {
    this.activity += 1
    const own = chunk.includes(UNSHIFTED) ? chunk.filter((byte) => byte !== UNSHIFTED) : chunk
    this.#unnotedUnshifted += chunk.length - own.length
    if (!this.#isPeerEchoing && !written(this.#peer, this.receivedBytes, own.length).equals(own))
      this.note('read', `WRONG DATA after byte ${this.receivedBytes}`)
    this.receivedBytes += own.length
    this.#unnotedBytes += own.length
  }

  /** Leaves out the data that came since the last entry. */
  forgetData(): void {
    this.#unnotedBytes = 0
    this.#unnotedUnshifted = 0
  }

  /** What happened since the last time. */
  takeSection(): SideSection {
    this.#noteData()
    const section = { reads: this.#reads, writes: this.#writes }
    this.#reads = []
    this.#writes = []
    return section
  }

  #noteData(): void {
    if (this.#unnotedBytes > 0) this.#reads.push(`data ${this.#unnotedBytes}`)
    if (this.#unnotedUnshifted > 0) this.#reads.push(`unshifted ${this.#unnotedUnshifted}`)
    this.#unnotedBytes = 0
    this.#unnotedUnshifted = 0
  }
}
