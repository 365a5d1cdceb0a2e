import { concatBytes, type ByteDuplexHandler } from '@astranet/interface'
import type { Rng } from '@astranet/testkit/sim'
import { PREAMBLE_BYTES } from '../../src/proto/preamble.js'
import type { MemoryEnd } from '../support/memory-pipe.js'
import { cut, mutate } from './mutate.js'

/** Passes one direction on, part by part, and changes one of them. */
export class Relay implements ByteDuplexHandler {
  /** The number of the part that is changed; behind the handshake every chunk is a part. */
  target = -1
  readonly #random: Rng
  readonly #to: MemoryEnd
  readonly #handshakeParts: number
  readonly #sent: Uint8Array[] = []
  readonly #passed: Uint8Array[] = []
  #held: Uint8Array = new Uint8Array(0)

  constructor(random: Rng, to: MemoryEnd, handshakeParts: number) {
    this.#random = random.fork()
    this.#to = to
    this.#handshakeParts = handshakeParts
  }

  /** Whether all parts of the handshake were sent, and what passed begins with them. */
  get isHandshakeIntact(): boolean {
    if (this.#sent.length < this.#handshakeParts) return false
    const sent = concatBytes(this.#sent.slice(0, this.#handshakeParts))
    const passed = concatBytes([...this.#passed])
    return Buffer.compare(passed.subarray(0, sent.length), sent) === 0
  }

  /** Whether everything passed as it was sent. */
  get isIntact(): boolean {
    return Buffer.compare(concatBytes([...this.#sent]), concatBytes([...this.#passed])) === 0
  }

  onData(chunk: Uint8Array): void {
    this.#held = concatBytes([this.#held, chunk])
    for (let length = this.#nextLength(); length !== undefined; length = this.#nextLength()) {
      const part = this.#held.slice(0, length)
      this.#held = this.#held.slice(length)
      this.#pass(part)
    }
  }

  onDrain(): void {}

  onEnd(): void {
    this.#to.end()
  }

  onClose(reason: Error | undefined): void {
    if (reason === undefined) this.#to.end()
    else this.#to.abort(reason)
  }

  #pass(part: Uint8Array): void {
    const donor = this.#sent.length > 0 ? this.#random.pick(this.#sent) : part
    const passed = this.#sent.length === this.target ? mutate(this.#random, part, donor) : part
    this.#sent.push(part)
    this.#passed.push(passed)
    for (const piece of cut(this.#random, passed)) this.#to.writev([piece])
  }

  #nextLength(): number | undefined {
    const held = this.#held.length
    if (held === 0) return undefined
    const number = this.#sent.length
    if (number >= this.#handshakeParts) return held
    if (number === 0) return held >= PREAMBLE_BYTES ? PREAMBLE_BYTES : undefined
    if (held < 2) return undefined
    const length = ((this.#held[0] as number) << 8) | (this.#held[1] as number)
    // A refusal has a length of zero.
    const end = length === 0 ? 3 : 2 + length
    return held >= end ? end : undefined
  }
}
