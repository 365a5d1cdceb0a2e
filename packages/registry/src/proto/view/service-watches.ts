import { checkNumber } from '@astranet/interface/check'
import type { ServiceFilter } from '../model/catalogue-options.js'
import { changeBetween, type ServiceChange, type ServiceInstance } from './service-instance.js'
import type { Watch } from './watch.js'

/** What was last taken of one place, and what is there now. */
interface Pending {
  readonly before: ServiceInstance | undefined
  now: ServiceInstance | undefined
}

/** Everything that a new watch reports first. */
type Snapshot = () => readonly ServiceInstance[]

/** Watches by the environment and then by the name that they are about; `undefined` stands for all. */
type Scopes = Map<string | undefined, Map<string | undefined, Set<PendingChanges>>>

/** The watches of services. A change costs only those that it is about. */
export class ServiceWatches {
  readonly #scopes: Scopes = new Map()
  /** Watches with a change that they were not called for. */
  readonly #noted = new Set<PendingChanges>()

  /** Starts a watch; `present` is called at its first `take`. See `Catalogue.watch`. */
  watch(filter: ServiceFilter, onPending: () => void, present: Snapshot): Watch<ServiceChange> {
    const { environment, name } = filter
    const pending = new PendingChanges(onPending, present)
    const byName = this.#scopes.get(environment) ?? new Map<string | undefined, Set<PendingChanges>>()
    const watches = byName.get(name) ?? new Set()
    this.#scopes.set(environment, byName.set(name, watches.add(pending)))
    const close = (): void => {
      if (!watches.delete(pending)) return
      this.#noted.delete(pending)
      if (watches.size === 0) byName.delete(name)
      if (byName.size === 0) this.#scopes.delete(environment)
    }
    const take = (limit = Infinity): ServiceChange[] => {
      checkNumber('limit', limit, { min: 1, max: Infinity })
      return watches.has(pending) ? pending.take(limit) : []
    }
    return { take, close }
  }

  /** `now` has taken the place of `before`; at most one of them is `undefined`. */
  note(before: ServiceInstance | undefined, now: ServiceInstance | undefined): void {
    const place = now ?? before
    if (place === undefined || this.#scopes.size === 0) return
    const { environment, name } = place
    let key: string | undefined
    for (const byName of [this.#scopes.get(undefined), this.#scopes.get(environment)]) {
      for (const watches of [byName?.get(undefined), byName?.get(name)]) {
        if (watches === undefined) continue
        key ??= placeText(place)
        for (const watch of watches) {
          watch.note(key, before, now)
          this.#noted.add(watch)
        }
      }
    }
  }

  /** Calls the watchers that have something to take and were not called since their last take. */
  notify(): void {
    for (const watch of this.#noted) {
      this.#noted.delete(watch)
      watch.wake()
    }
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

  take(limit: number): ServiceChange[] {
    const present = this.#present?.()
    this.#present = undefined
    if (present !== undefined && present.length <= limit) {
      this.#isWoken = false
      return present.map((service) => ({ kind: 'add', service }))
    }
    for (const now of present ?? []) this.#changes.set(placeText(now), { before: undefined, now })
    const changes: ServiceChange[] = []
    for (const [key, { before, now }] of this.#changes) {
      if (changes.length >= limit) break
      this.#changes.delete(key)
      const change = changeBetween(before, now)
      if (change !== undefined) changes.push(change)
    }
    // A caller that got `limit` changes takes again.
    this.#isWoken = this.#changes.size > 0
    return changes
  }
}

/** A text for the place of an instance: equal for equal places, different for different ones. */
function placeText({ environment, name, nodeId, port }: ServiceInstance): string {
  return `${nodeId} ${port} ${name}\0${environment}`
}
