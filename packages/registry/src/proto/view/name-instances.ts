import { byNodeThenPort, type ServiceInstance } from './service-instance.js'

/** A frozen list in the order of `byNodeThenPort`, without two instances at one place. */
export type SortedInstances = readonly ServiceInstance[]

/** A list grows by copying up to this length; longer ones gather changes first. */
const MAX_COPIED = 16

/** A longer list that has shrunk to this length is a plain one again. */
const MIN_GATHERED = 8

/** Gathered changes are at most this part of a long list, so that they take little memory. */
const MAX_GATHERED_SHARE = 0.25

/** That `now` (or nothing) is at `place`. */
interface Placed {
  readonly place: ServiceInstance
  readonly now: ServiceInstance | undefined
}

/** The instances of one name, when they are many. */
class ManyInstances {
  #sorted: SortedInstances
  /**
   * Changes since `#sorted` was made, by place. They are merged when the list is read, and when they are many, so that a
   * change costs little however long the list is.
   */
  #changes = new Map<string, Placed>()
  #size: number

  constructor(sorted: SortedInstances) {
    this.#sorted = sorted
    this.#size = sorted.length
  }

  /** How many instances there are. */
  get size(): number {
    return this.#size
  }

  /** All of them. The list never changes afterwards, so a reader may keep it. */
  get sorted(): SortedInstances {
    if (this.#changes.size > 0) this.#merge()
    return this.#sorted
  }

  /** `now` (or nothing) takes the place of `place`. Returns what was there. */
  replace(place: ServiceInstance, now: ServiceInstance | undefined): ServiceInstance | undefined {
    const key = `${place.nodeId} ${place.port}`
    const change = this.#changes.get(key)
    const before = change === undefined ? instanceAt(this.#sorted, place) : change.now
    if (before === undefined && now === undefined) return undefined
    this.#changes.set(key, { place, now })
    this.#size += Number(now !== undefined) - Number(before !== undefined)
    if (this.#changes.size > this.#sorted.length * MAX_GATHERED_SHARE) this.#merge()
    return before
  }

  #merge(): void {
    const merged: ServiceInstance[] = []
    let from = 0
    const changes = [...this.#changes.values()].sort((a, b) => byNodeThenPort(a.place, b.place))
    for (const { place, now } of changes) {
      const at = position(this.#sorted, place, from)
      for (; from < at; from++) merged.push(this.#sorted[from] as ServiceInstance)
      if (isAt(this.#sorted[at], place)) from++
      if (now !== undefined) merged.push(now)
    }
    this.#changes = new Map()
    // Unlike a list that was pushed to, this one has no room to spare.
    this.#sorted = Object.freeze(merged.concat(this.#sorted.slice(from)))
  }
}

/** The instances of one name: a plain list while they are few, which takes the least memory. */
export type NameInstances = SortedInstances | ManyInstances

/** All instances, sorted; the same list until something changes. */
export function sortedOf(instances: NameInstances): SortedInstances {
  return instances instanceof ManyInstances ? instances.sorted : instances
}

/** How many instances there are. */
export function sizeOf(instances: NameInstances): number {
  return instances instanceof ManyInstances ? instances.size : instances.length
}

/** What {@link replaceInstance} did. */
export interface Replaced {
  readonly before: ServiceInstance | undefined
  readonly instances: NameInstances
}

/** `now` (or nothing) takes the place of `place` among `instances`. */
export function replaceInstance(
  instances: NameInstances,
  place: ServiceInstance,
  now: ServiceInstance | undefined,
): Replaced {
  if (instances instanceof ManyInstances) {
    const before = instances.replace(place, now)
    return { before, instances: instances.size > MIN_GATHERED ? instances : instances.sorted }
  }
  if (instances.length >= MAX_COPIED && now !== undefined) {
    const many = new ManyInstances(instances)
    return { before: many.replace(place, now), instances: many }
  }
  const at = position(instances, place)
  const before = isAt(instances[at], place) ? instances[at] : undefined
  if (before === undefined && now === undefined) return { before, instances }
  return { before, instances: replacedAt(instances, { at, isThere: before !== undefined, now }) }
}

/** A copy with `now` (or nothing) at `at`, where a list has an instance already or not. */
function replacedAt(
  sorted: SortedInstances,
  { at, isThere, now }: { at: number; isThere: boolean; now: ServiceInstance | undefined },
): SortedInstances {
  // V8 copies frozen lists with `toSpliced` and spreading eight times as slowly, or with room to spare.
  const copy = new Array<ServiceInstance>(sorted.length - Number(isThere) + Number(now !== undefined))
  let to = 0
  for (let from = 0; from < at; from++) copy[to++] = sorted[from] as ServiceInstance
  if (now !== undefined) copy[to++] = now
  for (let from = at + Number(isThere); to < copy.length; from++) copy[to++] = sorted[from] as ServiceInstance
  return Object.freeze(copy)
}

function instanceAt(sorted: SortedInstances, place: ServiceInstance): ServiceInstance | undefined {
  const found = sorted[position(sorted, place)]
  return isAt(found, place) ? found : undefined
}

function isAt(instance: ServiceInstance | undefined, place: ServiceInstance): boolean {
  return instance !== undefined && instance.nodeId === place.nodeId && instance.port === place.port
}

/** Where `place` is in a sorted list, or belongs; at or after `from`. */
function position(sorted: SortedInstances, place: ServiceInstance, from = 0): number {
  let low = from
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (byNodeThenPort(sorted[middle] as ServiceInstance, place) < 0) low = middle + 1
    else high = middle
  }
  return low
}
