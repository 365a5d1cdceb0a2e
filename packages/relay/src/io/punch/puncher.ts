import type { NodeId } from '@astranet/interface'
import { isPunchType } from '../../proto/punch/messages.js'
import { PeerMemories } from '../../proto/punch/peer-memory.js'
import { SynBudget } from '../../proto/punch/syn-budget.js'
import { PeerPunch } from './peer-punch.js'
import type { PuncherParts } from './puncher-parts.js'

/** Peers for which a node tries at the same time; for the others it begins when one is done. */
export const MAX_PEERS = 256

/** Peers among them to which there is no link at all now. Beyond this, the peer that waits longest is given up. */
export const MAX_LINGERING = 64

/** How long a peer without a link is still tried after its last stream, in ms. */
export const WISH_MS = 600_000

/**
 * Gets links off the routers: for each peer that is reached through one, it agrees with that peer on rounds of attempts
 * to connect directly. It talks to peers over the links that exist, so only to nodes that have proved who they are, and
 * dials nothing that both sides did not agree to.
 */
export class Puncher {
  readonly #parts: PuncherParts
  readonly #peers = new Map<NodeId, PeerPunch>()
  readonly #waiting = new Set<NodeId>()
  /** Those of `#peers` to which there is no link; the one that waits longest comes first. */
  readonly #lingering = new Set<NodeId>()
  readonly #budget = new SynBudget()
  readonly #memories = new PeerMemories()
  #isClosed = false

  constructor(parts: PuncherParts) {
    this.#parts = parts
  }

  /** Whether there is no peer to reach. */
  get isIdle(): boolean {
    return this.#peers.size === 0
  }

  /** The peer is reached through a router, and by no direct link: tries until `remove`. Idempotent. */
  add(peer: NodeId): void {
    if (this.#isClosed) return
    if (this.#lingering.delete(peer)) this.#peers.get(peer)?.linked()
    if (this.#peers.has(peer)) return
    if (this.#peers.size >= MAX_PEERS) this.#leaveOldest()
    if (this.#peers.size >= MAX_PEERS) {
      this.#waiting.add(peer)
      return
    }
    this.#waiting.delete(peer)
    this.#begin(peer)
  }

  /**
   * The link through routers to the peer has ended, and there is no other one. A peer that was used lately is still
   * wished for: it is tried as before, each time over a link that is made for the try, until {@link WISH_MS} after
   * `usedAtMs`. At that time a stream was last open; `undefined`: the link was only there for a try. Without a wish,
   * and when there is no room, the peer is removed: peers to which there is a link come first.
   */
  linger(peer: NodeId, usedAtMs: number | undefined): void {
    const now = this.#parts.clock.now()
    const memory = this.#memories.of(peer, now)
    if (usedAtMs !== undefined) memory.wishedUntilMs = usedAtMs + WISH_MS
    const hasRoom = this.#peers.has(peer) || this.#peers.size < MAX_PEERS
    if (this.#isClosed || memory.wishedUntilMs <= now || !hasRoom) return void this.remove(peer)
    if (!this.#lingering.has(peer) && this.#lingering.size >= MAX_LINGERING) this.#leaveOldest()
    this.#lingering.add(peer)
    const punch = this.#peers.get(peer) ?? this.#begin(peer)
    punch.linger(memory.wishedUntilMs, () => {
      void this.remove(peer)
      this.#parts.onLapse(peer)
    })
  }

  /**
   * There is a direct link to the peer, or no link at all and no wish for one. Idempotent; resolves when its port is
   * free.
   */
  async remove(peer: NodeId): Promise<void> {
    this.#waiting.delete(peer)
    this.#lingering.delete(peer)
    const found = this.#peers.get(peer)
    if (found === undefined) return
    this.#peers.delete(peer)
    const [next] = this.#waiting
    if (next !== undefined) this.add(next)
    await found.close()
  }

  /** A control message of the peer, over the link through a router; those of other kinds are ignored. */
  receive(peer: NodeId, type: number, body: unknown): void {
    if (isPunchType(type)) this.#peers.get(peer)?.receive(type, body)
  }

  /** The machine's addresses have changed, routers see it elsewhere, or it woke: tries again for all. */
  networkChanged(): void {
    this.#memories.networkChanged(this.#parts.clock.now())
    for (const peer of this.#peers.values()) peer.networkChanged()
  }

  /** Stops all; idempotent. Resolves when all ports are free. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#waiting.clear()
    this.#lingering.clear()
    const peers = [...this.#peers.values()]
    this.#peers.clear()
    await Promise.all(peers.map((peer) => peer.close()))
  }

  #begin(peer: NodeId): PeerPunch {
    const { clock } = this.#parts
    const takeSyn = (host: string): boolean => this.#budget.take(peer, host, clock.now())
    const memory = this.#memories.of(peer, clock.now())
    const punch = new PeerPunch(this.#parts, { peer, memory, takeSyn })
    this.#peers.set(peer, punch)
    return punch
  }

  #leaveOldest(): void {
    const [oldest] = this.#lingering
    if (oldest !== undefined) void this.remove(oldest)
  }
}
