import type { ServiceInstance } from '../view/service-instance.js'
import { weightOf } from './eligible.js'

type Random = () => number

/** An index below `length` (1 or more) at random. */
export function randomIndex(length: number, random: Random): number {
  // The bound holds also for a source that returns 1 by rounding.
  return Math.min(Math.floor(random() * length), length - 1)
}

/** One at random, all with the same chance. */
export function pickEvenly(
  instances: readonly ServiceInstance[],
  random: Random,
): ServiceInstance | undefined {
  return instances.length < 2 ? instances[0] : instances[randomIndex(instances.length, random)]
}

/** One at random, each with a chance in proportion to its weight. */
export function pickByWeight(
  instances: readonly ServiceInstance[],
  random: Random,
): ServiceInstance | undefined {
  if (instances.length < 2) return instances[0]
  let point = random() * instances.reduce((sum, each) => sum + weightOf(each), 0)
  for (const each of instances) {
    point -= weightOf(each)
    if (point < 0) return each
  }
  // Reached only by rounding.
  return instances.at(-1)
}

/**
 * Those with the lowest score. Scores that are `undefined` count as higher than all others.
 */
export function lowest(
  instances: readonly ServiceInstance[],
  scoreOf: (instance: ServiceInstance) => number | undefined,
): readonly ServiceInstance[] {
  let best: ServiceInstance[] = []
  let bestScore = Infinity
  for (const each of instances) {
    const score = scoreOf(each) ?? Infinity
    if (score < bestScore) {
      best = [each]
      bestScore = score
    } else if (score === bestScore) best.push(each)
  }
  return best
}
