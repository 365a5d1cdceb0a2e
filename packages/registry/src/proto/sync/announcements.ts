import { MAX_ITEMS_PER_MESSAGE } from '../model/limits.js'
import { compareVersions, type Version } from '../model/version.js'
import type { LogVersion } from '../wire/message.js'
import type { SharedLog } from './shared-log.js'

/** Logs whose versions are to be announced to one neighbour, once they have waited a while. */
export class Announcements {
  readonly #logs = new Map<string, SharedLog>()
  #at: number | undefined = undefined

  get size(): number {
    return this.#logs.size
  }

  /** When they are due; `undefined`: there are none. */
  get dueAt(): number | undefined {
    return this.#logs.size === 0 ? undefined : this.#at
  }

  /** A log is to be announced at a time, in ms, or earlier with others. */
  add(log: SharedLog, at: number): void {
    this.#at = this.#logs.size === 0 || this.#at === undefined ? at : Math.min(this.#at, at)
    this.#logs.set(log.key, log)
  }

  delete(key: string): void {
    this.#logs.delete(key)
  }

  /** The neighbour has shown that it holds `version` of a log. */
  isKnown(key: string, version: Version): void {
    const own = this.#logs.get(key)?.version
    if (own !== undefined && compareVersions(version, own) >= 0) this.#logs.delete(key)
  }

  /** Takes what fits into one message; the rest stays due. */
  take(): LogVersion[] {
    const items: LogVersion[] = []
    for (const [key, { owner, kind, version }] of this.#logs) {
      if (items.length === MAX_ITEMS_PER_MESSAGE) break
      this.#logs.delete(key)
      if (version !== undefined) items.push({ owner, kind, version })
    }
    return items
  }

  clear(): void {
    this.#logs.clear()
  }
}
