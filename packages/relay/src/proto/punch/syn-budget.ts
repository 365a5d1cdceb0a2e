import type { NodeId } from '@astranet/interface'

/** SYNs that one peer can have this node send in a minute: three rounds of trying ports. */
export const MAX_SYNS_PER_PEER = 6_200

/** SYNs towards one IP address in a minute, whichever peers asked for them. */
export const MAX_SYNS_PER_HOST = 6_200

/** SYNs that a node sends in a minute because of all peers. */
export const MAX_SYNS_IN_ALL = 20_000

/** Peers, and addresses, whose use is counted. A further one waits until another one has not been used for a minute. */
export const MAX_COUNTED = 1_024

const MINUTE_MS = 60_000

interface Bucket {
  left: number
  at: number
}

/** Counts the SYNs that punching sends: token buckets that fill up within a minute. */
export class SynBudget {
  readonly #peers = new Map<NodeId, Bucket>()
  readonly #hosts = new Map<string, Bucket>()
  readonly #all: Bucket = { left: MAX_SYNS_IN_ALL, at: 0 }

  /** Whether one more SYN may be sent to `host` for this peer, now; if so, it is counted. */
  take(peer: NodeId, host: string, nowMs: number): boolean {
    const ofPeer = bucketOf(this.#peers, peer, MAX_SYNS_PER_PEER, nowMs)
    const ofHost = bucketOf(this.#hosts, host, MAX_SYNS_PER_HOST, nowMs)
    fill(this.#all, MAX_SYNS_IN_ALL, nowMs)
    if (ofPeer === undefined || ofHost === undefined) return false
    if (ofPeer.left < 1 || ofHost.left < 1 || this.#all.left < 1) return false
    for (const bucket of [ofPeer, ofHost, this.#all]) bucket.left -= 1
    return true
  }
}

function bucketOf<K>(buckets: Map<K, Bucket>, key: K, limit: number, nowMs: number): Bucket | undefined {
  const found = buckets.get(key)
  if (found !== undefined) {
    fill(found, limit, nowMs)
    return found
  }
  if (buckets.size >= MAX_COUNTED) forgetFull(buckets, nowMs)
  if (buckets.size >= MAX_COUNTED) return undefined
  const bucket = { left: limit, at: nowMs }
  buckets.set(key, bucket)
  return bucket
}

function fill(bucket: Bucket, limit: number, nowMs: number): void {
  bucket.left = Math.min(limit, bucket.left + ((nowMs - bucket.at) * limit) / MINUTE_MS)
  bucket.at = nowMs
}

/** Those that were not used for a minute are full again, and say nothing. */
function forgetFull<K>(buckets: Map<K, Bucket>, nowMs: number): void {
  for (const [key, { at }] of buckets) if (nowMs - at >= MINUTE_MS) buckets.delete(key)
}
