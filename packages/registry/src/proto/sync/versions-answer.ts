import { MAX_ITEMS_PER_MESSAGE } from '../model/limits.js'
import type { LogVersion } from '../wire/message.js'
import type { SharedLog } from './shared-log.js'

/** The answer to a neighbour's buckets, given part by part. It keeps its place, not the versions. */
export class VersionsAnswer {
  readonly #logs: Iterator<SharedLog>
  #next: IteratorResult<SharedLog>

  constructor(logs: Iterable<SharedLog>) {
    this.#logs = logs[Symbol.iterator]()
    this.#next = this.#logs.next()
  }

  /** The next part; the last one has `hasMore` false. */
  take(): { readonly items: LogVersion[]; readonly hasMore: boolean } {
    const items: LogVersion[] = []
    while (this.#next.done !== true && items.length < MAX_ITEMS_PER_MESSAGE) {
      const { owner, kind, version } = this.#next.value
      if (version !== undefined) items.push({ owner, kind, version })
      this.#next = this.#logs.next()
    }
    return { items, hasMore: this.#next.done !== true }
  }
}
