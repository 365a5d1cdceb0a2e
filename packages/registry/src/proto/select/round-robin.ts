import { eligible } from './eligible.js'
import { randomIndex } from './pick.js'
import type { Selector } from './selector.js'

/** The most names for which a round robin remembers its turn. At the limit the oldest starts over, without harm. */
export const MAX_ROUND_ROBIN_NAMES = 4_096

/**
 * Takes turns, separately for each name and environment, beginning with one at random. All weights above 0 count the
 * same.
 */
export function roundRobin(): Selector {
  const turns = new Map<string, number>()
  return (instances, { random }) => {
    const candidates = eligible(instances)
    const first = candidates[0]
    if (first === undefined) return undefined
    const name = `${first.environment}\0${first.name}`
    const turn = turns.get(name)
    if (turn === undefined && turns.size >= MAX_ROUND_ROBIN_NAMES) deleteFirst(turns)
    const position = (turn ?? randomIndex(candidates.length, random)) % candidates.length
    turns.set(name, position + 1)
    return candidates[position]
  }
}

function deleteFirst(map: Map<string, number>): void {
  for (const key of map.keys()) {
    map.delete(key)
    return
  }
}
