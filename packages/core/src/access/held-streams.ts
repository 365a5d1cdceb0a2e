import type { NodeId } from '@astranet/interface'
import type { StreamQuota } from '@astranet/link'

/** How many streams of peers wait at a node, by default. */
export const DEFAULT_MAX_PENDING_STREAMS = 65_536

/**
 * The streams of peers that wait at this node: for the rest of their header, or in the backlog of a listener. All links
 * of one peer share a quota. A peer may have as many as are free, so one peer gets half of them, two a third each, and
 * there is always a place for another one.
 */
export class HeldStreams {
  readonly #limit: number
  readonly #peers = new Map<NodeId, PeerStreams>()
  #total = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  /** How many wait. */
  get total(): number {
    return this.#total
  }

  /** A link to the peer has opened: its quota. */
  join(nodeId: NodeId): StreamQuota {
    let peer = this.#peers.get(nodeId)
    if (peer === undefined) {
      peer = new PeerStreams(this)
      this.#peers.set(nodeId, peer)
    }
    peer.links += 1
    return peer
  }

  /** Such a link has closed. */
  leave(nodeId: NodeId): void {
    const peer = this.#peers.get(nodeId)
    if (peer === undefined) return
    peer.links -= 1
    if (peer.links === 0) this.#peers.delete(nodeId)
  }

  /** Counts one stream of a peer that has `held`. */
  take(held: number): boolean {
    if (held >= this.#limit - this.#total) return false
    this.#total += 1
    return true
  }

  /** Counts one stream less. */
  release(): void {
    this.#total -= 1
  }
}

/** The quota of one peer. */
class PeerStreams implements StreamQuota {
  links = 0
  readonly #node: HeldStreams
  #held = 0

  constructor(node: HeldStreams) {
    this.#node = node
  }

  take(): boolean {
    if (!this.#node.take(this.#held)) return false
    this.#held += 1
    return true
  }

  release(): void {
    this.#held -= 1
    this.#node.release()
  }
}
