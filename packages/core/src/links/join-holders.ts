import { onAbort, type NodeId } from '@astranet/interface'
import type { CheckedJoinOptions } from '../api/join-options.js'

/** @internal A call that wants the join. */
type HolderOptions = Pick<CheckedJoinOptions, 'signal' | 'keepTrying'>

/** One of the calls that want the same join. */
interface Holder {
  readonly keepTrying: boolean
  /** Settle its promise; without effect once that is settled. */
  readonly resolve: (nodeId: NodeId) => void
  readonly reject: (reason: unknown) => void
  /** Whether its promise is settled. */
  isServed: boolean
  ignoreSignal: () => void
}

/** @internal The calls that want one join: it goes on for as long as there is one. */
export class JoinHolders {
  readonly #onNone: (reason: unknown) => void
  readonly #holders = new Set<Holder>()

  /** `onNone`: the last call has given up, for that reason. Not called by `end`. */
  constructor(onNone: (reason: unknown) => void) {
    this.#onNone = onNone
  }

  /**
   * One more call wants the join. Resolves when the join is `joined`; rejects when its signal aborts, when an attempt
   * fails unless it keeps trying, and with the reason of `end`.
   */
  hold({ signal, keepTrying }: HolderOptions): Promise<NodeId> {
    return new Promise((resolve, reject) => {
      const holder: Holder = { keepTrying, resolve, reject, isServed: false, ignoreSignal: () => undefined }
      this.#holders.add(holder)
      holder.ignoreSignal = onAbort(signal, () => this.#leave(holder, signal?.reason))
    })
  }

  /** There is a link to that node. */
  joined(nodeId: NodeId): void {
    for (const holder of this.#holders) {
      holder.isServed = true
      holder.resolve(nodeId)
    }
  }

  /** An attempt has failed. */
  failed(error: unknown): void {
    for (const holder of [...this.#holders])
      if (!holder.isServed && !holder.keepTrying) this.#leave(holder, error)
  }

  /** The join has ended; idempotent. */
  end(reason: unknown): void {
    const holders = [...this.#holders]
    this.#holders.clear()
    for (const holder of holders) {
      holder.ignoreSignal()
      holder.reject(reason)
    }
  }

  #leave(holder: Holder, reason: unknown): void {
    if (!this.#holders.delete(holder)) return
    holder.ignoreSignal()
    holder.reject(reason)
    if (this.#holders.size === 0) this.#onNone(reason)
  }
}
