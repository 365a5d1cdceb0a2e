import type { Version } from '../model/version.js'
import { isNewer, plainVersion } from '../model/version.js'
import type { SignedState } from '../log/signed-state.js'
import { MAX_REFUSED_OWNERS } from './sync-limits.js'

/** What is remembered of a refused log: it is taken again when it has become smaller. */
interface RefusedLog {
  version: Version
  readonly size: number
}

/** Logs that are not held because they are too large, so that they are not asked for again and again. */
export class RefusedOwners {
  readonly #logs = new Map<string, RefusedLog>()

  get size(): number {
    return this.#logs.size
  }

  /** A log is refused in this state. */
  add(key: string, version: Version, size: number): void {
    this.#logs.delete(key)
    this.#logs.set(key, { version: plainVersion(version), size })
    for (const first of this.#logs.keys()) {
      if (this.#logs.size <= MAX_REFUSED_OWNERS) break
      this.#logs.delete(first)
    }
  }

  /** Whether this version of a log, or a later one, was refused: it is not worth asking for. */
  hasVersion(key: string, version: Version): boolean {
    const refused = this.#logs.get(key)
    return refused !== undefined && !isNewer(version, refused.version)
  }

  /** Whether this state of a log is refused: it has not become smaller. */
  has(key: string, state: SignedState): boolean {
    const refused = this.#logs.get(key)
    if (refused === undefined) return false
    if (state.size >= refused.size) {
      if (isNewer(state, refused.version)) refused.version = plainVersion(state)
      return true
    }
    this.#logs.delete(key)
    return false
  }
}
