import type { NodeId } from '@astranet/interface'
import { RetrySchedule } from './retry-schedule.js'
import { RoundQuota } from './round-quota.js'

/** Peers whose tries and rounds are remembered after the link over a router is gone. */
export const MAX_REMEMBERED = 1_024

/** What is kept of a peer, so that it cannot begin anew by making another link over a router. */
export interface PeerMemory {
  readonly schedule: RetrySchedule
  readonly quota: RoundQuota
  /** Until when a direct link to it is wished for although there is no link, in ms of the clock; 0: it is not. */
  wishedUntilMs: number
}

/** The tries and rounds of peers, those that were tried longest ago first. */
export class PeerMemories {
  readonly #memories = new Map<NodeId, PeerMemory>()

  /** What is kept of the peer, from now on as the youngest. Beyond the limit the oldest is forgotten. */
  of(peer: NodeId, nowMs: number): PeerMemory {
    const memories = this.#memories
    const memory = memories.get(peer) ?? newMemory(nowMs)
    memories.delete(peer)
    if (memories.size >= MAX_REMEMBERED)
      for (const oldest of memories.keys()) {
        memories.delete(oldest)
        break
      }
    memories.set(peer, memory)
    return memory
  }

  /** The network of this node has changed: all peers are tried as if for the first time. */
  networkChanged(nowMs: number): void {
    for (const { schedule } of this.#memories.values()) schedule.changed(nowMs)
  }
}

function newMemory(nowMs: number): PeerMemory {
  return { schedule: new RetrySchedule(nowMs), quota: new RoundQuota(), wishedUntilMs: 0 }
}
