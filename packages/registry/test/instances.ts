import { toNodeId, type NodeId } from '@astranet/interface'
import type { SelectorContext } from '../src/proto/select/selector.js'
import type { ServiceInstance } from '../src/proto/view/service-instance.js'

/** The id of the n-th node. */
function id(n: number): NodeId {
  return toNodeId(BigInt(n))
}

/** An instance on the n-th node of a test, passing and with weight 1 unless said otherwise. */
export function instance(n: number, facts: Partial<ServiceInstance> = {}): ServiceInstance {
  const usual = { environment: '', name: 'echo', port: 7, nodeId: id(n), tags: [], weight: 1 } as const
  return Object.freeze({ ...usual, zone: '', version: '', health: 'passing', ...facts })
}

/** Several, each by itself. */
export function instances(count: number, facts: Partial<ServiceInstance> = {}): readonly ServiceInstance[] {
  return Object.freeze(Array.from({ length: count }, (_, n) => instance(n + 1, facts)))
}

/** Random numbers that are the same in each run (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** A context in which nothing is known, with random numbers of seed 1. */
export function context(facts: Partial<SelectorContext> = {}): SelectorContext {
  return {
    key: undefined,
    port: undefined,
    zone: '',
    random: seeded(1),
    openStreams: () => 0,
    rttMs: () => undefined,
    ...facts,
  }
}

/** How often each node was chosen, by its number. */
export function tally(chosen: Iterable<ServiceInstance | undefined>): Map<number, number> {
  const counts = new Map<number, number>()
  for (const each of chosen) {
    const node = Number(each?.nodeId ?? -1n)
    counts.set(node, (counts.get(node) ?? 0) + 1)
  }
  return counts
}
