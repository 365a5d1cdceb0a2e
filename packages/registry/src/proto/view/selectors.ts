import type { NodeId } from '@astranet/interface'
import type { ServiceInstance } from './service-index.js'

/**
 * Picks one of several instances of a service, or `undefined` of none.
 *
 * A selector chooses among the instances that it is given, wherever they are; to prefer near ones, narrow the list
 * first. A weight of 0 marks a standby: it is chosen only when all instances have weight 0, and then they count as
 * equals.
 */
export type Selector = (instances: readonly ServiceInstance[], key?: string) => ServiceInstance | undefined

/**
 * Names whose turn a round robin remembers. At the limit the name that was first asked for starts over, without harm.
 */
const MAX_ROUND_ROBIN_NAMES = 4_096

/** Takes turns, separately for each name and environment. All weights above 0 count the same. */
export function roundRobin(): Selector {
  const turns = new Map<string, number>()
  return (instances) => {
    const candidates = active(instances)
    const first = candidates[0]
    if (first === undefined) return undefined
    const name = `${first.environment}\0${first.name}`
    const turn = turns.get(name) ?? 0
    if (turn === 0 && turns.size >= MAX_ROUND_ROBIN_NAMES) deleteFirst(turns)
    turns.set(name, turn + 1)
    return candidates[turn % candidates.length]
  }
}

/**
 * Picks at random, in proportion to the weights. `random` returns numbers from 0 up to but not including 1, as
 * `Math.random` does.
 */
export function weightedRandom(random: () => number): Selector {
  return (instances) => {
    const candidates = active(instances)
    let point = random() * candidates.reduce((sum, each) => sum + weightOf(each), 0)
    for (const each of candidates) {
      point -= weightOf(each)
      if (point < 0) return each
    }
    // Reached only by rounding, or by an empty list.
    return candidates.at(-1)
  }
}

/**
 * Picks by `key`: the same key gets the same instance on every node that sees the same instances, in proportion to the
 * weights over many keys. When an instance goes, only its own keys move; when one is added, it takes only its share
 * (weighted rendezvous hashing). Order does not matter. Without a key: as with the empty key.
 */
export function rendezvous(): Selector {
  return (instances, key = '') => {
    let best: ServiceInstance | undefined
    let bestScore = Infinity
    for (const each of active(instances)) {
      const score = -Math.log(hashToUnit(key, each.nodeId, each.port)) / weightOf(each)
      const isTieWon = score === bestScore && best !== undefined && each.nodeId < best.nodeId
      if (score < bestScore || isTieWon) {
        best = each
        bestScore = score
      }
    }
    return best
  }
}

function active(instances: readonly ServiceInstance[]): readonly ServiceInstance[] {
  const weighty = instances.filter((each) => each.weight > 0)
  return weighty.length > 0 ? weighty : instances
}

/** Standbys have equal weights among themselves. */
function weightOf(instance: ServiceInstance): number {
  return instance.weight || 1
}

function deleteFirst(map: Map<string, number>): void {
  for (const key of map.keys()) {
    map.delete(key)
    return
  }
}

/** A number between 0 and 1, both excluded, evenly distributed over keys and instances. Not part of any wire format. */
function hashToUnit(key: string, nodeId: NodeId, port: number): number {
  let high = 0x243f6a88
  let low = 0x85a308d3
  const absorb = (word: number): void => {
    high = mix(high ^ word)
    low = mix((low + word) ^ high)
  }
  for (let index = 0; index < key.length; index++) absorb(key.charCodeAt(index))
  absorb(Number(nodeId >> 32n))
  absorb(Number(nodeId & 0xffff_ffffn))
  absorb(port)
  // 26 and 26 bits, so that half a step from either end is still exact.
  return ((high >>> 6) * 2 ** 26 + (low >>> 6) + 0.5) / 2 ** 52
}

/** A bijection of 32-bit numbers in which every bit of the input affects every bit of the output. */
function mix(word: number): number {
  let mixed = word ^ (word >>> 16)
  mixed = Math.imul(mixed, 0x7feb352d)
  mixed ^= mixed >>> 15
  mixed = Math.imul(mixed, 0x846ca68b)
  return mixed ^ (mixed >>> 16)
}
