import { BUCKETS } from '../model/limits.js'
import { bucketOf, mix, xorMix } from '../wire/mix.js'
import type { SharedLog } from './shared-log.js'

/**
 * The versions of the logs that are offered, so that two nodes find what differs between them: one number for all of
 * them, one for each first byte of an owner's id, and the logs behind it.
 */
export class VersionTree {
  readonly #mixes = new Array<number>(BUCKETS).fill(0)
  readonly #members: (Set<SharedLog> | undefined)[] = new Array<undefined>(BUCKETS).fill(undefined)
  #root = 0
  #count = 0
  #bytes = 0

  /** The XOR of all. */
  get root(): number {
    return this.#root
  }

  /** How many logs are offered. */
  get count(): number {
    return this.#count
  }

  /** Bytes of all their entries. */
  get bytes(): number {
    return this.#bytes
  }

  /** The XOR of each bucket. */
  get buckets(): readonly number[] {
    return this.#mixes.slice()
  }

  /** The logs in a bucket; the iterator stays valid while logs come and go. */
  bucket(index: number): Iterable<SharedLog> {
    return this.#members[index] ?? []
  }

  /** All logs. */
  *logs(): Iterable<SharedLog> {
    for (const members of this.#members) yield* members ?? []
  }

  /** Offers a log in its present state, or takes it out when it has none. */
  put(log: SharedLog): void {
    this.remove(log)
    const { state } = log
    if (state === undefined) return
    log.offered = { mix: mix({ owner: log.owner, kind: log.kind, version: state }), size: state.size }
    const bucket = bucketOf(log.owner)
    this.#toggle(bucket, log.offered.mix)
    this.#count++
    this.#bytes += state.size
    const members = this.#members[bucket] ?? new Set()
    this.#members[bucket] = members
    members.add(log)
  }

  /** Offers a log no more. */
  remove(log: SharedLog): void {
    const { offered } = log
    if (offered === undefined) return
    log.offered = undefined
    const bucket = bucketOf(log.owner)
    this.#toggle(bucket, offered.mix)
    this.#count--
    this.#bytes -= offered.size
    this.#members[bucket]?.delete(log)
    if (this.#members[bucket]?.size === 0) this.#members[bucket] = undefined
  }

  #toggle(bucket: number, number: number): void {
    this.#root = xorMix(this.#root, number)
    this.#mixes[bucket] = xorMix(this.#mixes[bucket] ?? 0, number)
  }
}
