import type { NodeId } from '@astranet/interface'
import { isPunchType } from '../../proto/punch/messages.js'
import { PeerMemories } from '../../proto/punch/peer-memory.js'
import { SynBudget } from '../../proto/punch/syn-budget.js'
import { PeerPunch } from './peer-punch.js'
import type { PuncherParts } from './puncher-parts.js'

/** Peers for which a node tries at the same time; for the others it begins when one is done. */
export const MAX_PEERS = 256

/**
 * Gets links off the routers: for each peer that is reached through one, it agrees with that peer on rounds of attempts
 * to connect directly. It talks to peers over the links that exist, so only to nodes that have proved who they are, and
 * dials nothing that both sides did not agree to.
 */
export class Puncher {
  readonly #parts: PuncherParts
  readonly #peers = new Map<NodeId, PeerPunch>()
  readonly #waiting = new Set<NodeId>()
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
    if (this.#isClosed || this.#peers.has(peer)) return
    if (this.#peers.size >= MAX_PEERS) {
      this.#waiting.add(peer)
      return
    }
    this.#waiting.delete(peer)
    const { clock } = this.#parts
    const takeSyn = (host: string): boolean => this.#budget.take(peer, host, clock.now())
    const memory = this.#memories.of(peer, clock.now())
    this.#peers.set(peer, new PeerPunch(this.#parts, { peer, memory, takeSyn }))
  }

  /** There is a direct link to the peer, or none at all any more. Idempotent; resolves when its port is free. */
  async remove(peer: NodeId): Promise<void> {
    this.#waiting.delete(peer)
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
    const peers = [...this.#peers.values()]
    this.#peers.clear()
    await Promise.all(peers.map((peer) => peer.close()))
  }
}
