import { must } from './sim-failure.js'

/** What one direction of one stream has carried, as both its ends tell it. */
export class Flow {
  /** Where the pattern of its bytes begins. */
  readonly base: number
  readonly name: string
  /** Bytes the sender's `write` has taken. */
  written = 0
  /** Bytes the receiver's `onData` has had. */
  delivered = 0
  isEnded = false
  /** The sender gave up, or was made to. */
  isReset = false
  /** The sender closed it while bytes waited: its session may cut the oldest of such streams. */
  mayBeCut = false
  /** The least size that the sender has promised with `resetAt`. */
  reliableSize: number | undefined = undefined

  constructor(name: string, base: number) {
    this.name = name
    this.base = base
  }

  /** The receiver was told of the end. */
  checkEnd(): void {
    must(this.isEnded, () => `${this.name}: an end arrived that nobody sent`)
    must(
      this.delivered === this.written,
      () => `${this.name}: ended after ${this.delivered} bytes, but ${this.written} were written`,
    )
  }

  /** The receiver was told of the sender's reset. */
  checkReset(): void {
    if (this.mayBeCut) return
    must(
      this.isReset || this.reliableSize !== undefined,
      () => `${this.name}: a reset arrived that nobody sent`,
    )
    if (this.isReset || this.reliableSize === undefined) return
    const { delivered, reliableSize } = this
    must(
      delivered >= reliableSize,
      () => `${this.name}: reset after ${delivered} bytes, but ${reliableSize} were promised`,
    )
  }
}

/** The two directions of one stream: what its opener sends, and what comes back. */
export interface StreamFlows {
  readonly fromOpener: Flow
  readonly toOpener: Flow
}

/** All streams of a session, by id. */
export class Ledger {
  readonly #flows = new Map<number, StreamFlows>()

  /** A stream was opened. The id of one that was destroyed before the peer knew of it comes again. */
  begin(id: number): StreamFlows {
    const flows = {
      fromOpener: new Flow(`stream ${id}, opener's direction`, id * 7_919),
      toOpener: new Flow(`stream ${id}, acceptor's direction`, id * 7_919 + 31_337),
    }
    this.#flows.set(id, flows)
    return flows
  }

  /** The stream that its opener has begun. */
  flowsOf(id: number): StreamFlows {
    return this.#flows.get(id) ?? this.begin(id)
  }
}
