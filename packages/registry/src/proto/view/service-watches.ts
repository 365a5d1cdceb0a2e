import { changeBetween, type ServiceChange, type ServiceInstance } from './service-instance.js'
import type { Watch } from './watch.js'

/** Which services a watch is about; what is left out matches all. */
export interface WatchFilter {
  readonly environment?: string
  readonly name?: string
}

/** What was last taken of one place, and what is there now. */
interface Pending {
  readonly before: ServiceInstance | undefined
  now: ServiceInstance | undefined
}

/** Everything that a new watch reports first. */
type Snapshot = () => readonly ServiceInstance[]

/**
 * The watches of services. They are found by environment and name, so that a change costs only those that it is about.
 */
export class ServiceWatches {
  /** Watches by what they are about, see `scopeText`. */
  readonly #byScope = new Map<string, Set<PendingChanges>>()
  /** Watches with a change that they were not called for. */
  readonly #noted = new Set<PendingChanges>()

  /** Starts a watch; `present` is called at its first `take`. See `Catalogue.watch`. */
  watch(filter: WatchFilter, onPending: () => void, present: Snapshot): Watch<ServiceChange> {
    const scope = scopeText(filter.environment, filter.name)
    const pending = new PendingChanges(onPending, present)
    const watches = this.#byScope.get(scope) ?? new Set()
    this.#byScope.set(scope, watches.add(pending))
    const close = (): void => {
      watches.delete(pending)
      this.#noted.delete(pending)
      if (watches.size === 0 && this.#byScope.get(scope) === watches) this.#byScope.delete(scope)
    }
    return { take: () => (watches.has(pending) ? pending.take() : []), close }
  }

  /** `now` has taken the place of `before`; exactly one of them may be `undefined`. */
  note(before: ServiceInstance | undefined, now: ServiceInstance | undefined): void {
    const place = now ?? before
    if (place === undefined || this.#byScope.size === 0) return
    const { environment, name } = place
    let key: string | undefined
    for (const scope of scopesOf(environment, name)) {
      const watches = this.#byScope.get(scope)
      if (watches === undefined) continue
      key ??= `${scopeText(environment, name)}\0${place.nodeId} ${place.port}`
      for (const watch of watches) {
        watch.note(key, before, now)
        this.#noted.add(watch)
      }
    }
  }

  /** Calls the watchers that have something to take and were not called since their last take. */
  notify(): void {
    if (this.#noted.size === 0) return
    const noted = [...this.#noted]
    this.#noted.clear()
    for (const watch of noted) watch.wake()
  }
}

/** For one watcher: which places changed, and what it was last given of each. */
class PendingChanges {
  readonly #onPending: () => void
  /** Until the first `take`: what that reports. Changes until then are in it, so they need not be kept. */
  #present: Snapshot | undefined
  #changes = new Map<string, Pending>()
  #isWoken = false

  constructor(onPending: () => void, present: Snapshot) {
    this.#onPending = onPending
    this.#present = present
  }

  note(key: string, before: ServiceInstance | undefined, now: ServiceInstance | undefined): void {
    if (this.#present !== undefined) return
    const pending = this.#changes.get(key)
    if (pending === undefined) this.#changes.set(key, { before, now })
    // Added and removed between two takes: without this, places that live briefly would accumulate.
    else if (now === undefined && pending.before === undefined) this.#changes.delete(key)
    else pending.now = now
  }

  wake(): void {
    if (this.#isWoken || (this.#present === undefined && this.#changes.size === 0)) return
    this.#isWoken = true
    this.#onPending()
  }

  take(): ServiceChange[] {
    this.#isWoken = false
    const present = this.#present
    this.#present = undefined
    if (present !== undefined) return present().map((service) => ({ kind: 'add', service }))
    const pending = this.#changes
    this.#changes = new Map()
    const changes: ServiceChange[] = []
    for (const { before, now } of pending.values()) {
      const change = changeBetween(before, now)
      if (change !== undefined) changes.push(change)
    }
    return changes
  }
}

/** All that a watch may be about and that includes a service. */
function scopesOf(environment: string, name: string): readonly string[] {
  return [
    scopeText(undefined, undefined),
    scopeText(environment, undefined),
    scopeText(undefined, name),
    scopeText(environment, name),
  ]
}

/** No control character occurs in an environment or a name, so a NUL separates them and 1 stands for all. */
function scopeText(environment = '\u0001', name = '\u0001'): string {
  return `${environment}\0${name}`
}
