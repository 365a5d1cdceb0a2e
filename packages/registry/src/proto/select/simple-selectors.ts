import { invalidType } from '@astranet/interface/check'
import type { ServiceInstance } from '../view/service-instance.js'
import { eligible, preferring, weightOf } from './eligible.js'
import { lowest, pickByWeight, pickEvenly, randomIndex } from './pick.js'
import type { Selector, SelectorContext } from './selector.js'

/*
 * Each of these applies the rules of `eligible` first. Where several instances are equally good, one of them is chosen
 * at random, so that many clients in the same state do not all choose the first.
 */

/** Picks at random, all with the same chance. */
export function randomChoice(): Selector {
  return (instances, { random }) => pickEvenly(eligible(instances), random)
}

/** Picks at random, in proportion to the weights. */
export function weighted(): Selector {
  return (instances, { random }) => pickByWeight(eligible(instances), random)
}

/**
 * Picks the instance to whose node this node has the fewest open streams, in proportion to the weights: one with weight 2
 * gets twice as many. Other nodes' streams are not known.
 */
export function leastStreams(): Selector {
  return (instances, context) =>
    pickByWeight(
      lowest(eligible(instances), (each) => load(each, context)),
      context.random,
    )
}

/**
 * Picks the instance with the lowest round-trip time. One that was not measured is chosen only when none was. Weights
 * decide only between instances with equal times, for example on one node.
 */
export function lowestRtt(): Selector {
  return (instances, context) =>
    pickByWeight(
      lowest(eligible(instances), (each) => context.rttMs(each)),
      context.random,
    )
}

/**
 * Picks two at random and takes the one to which this node has fewer open streams, in proportion to the weights. Costs
 * the same however many instances there are, and spreads nearly as well as `leastStreams`.
 */
export function twoChoices(): Selector {
  return (instances, context) => {
    const candidates = eligible(instances)
    if (candidates.length < 2) return candidates[0]
    const first = randomIndex(candidates.length, context.random)
    const other = randomIndex(candidates.length - 1, context.random)
    const pair = [candidates[first], candidates[other < first ? other : other + 1]] as ServiceInstance[]
    return pickByWeight(
      lowest(pair, (each) => load(each, context)),
      context.random,
    )
  }
}

/** Lets `next` choose among the eligible instances in this node's zone, or among all when there is none there. */
export function zoneFirst(next: Selector): Selector {
  if (typeof next !== 'function') throw invalidType('next', 'of type function', next)
  return (instances, context) => {
    const candidates = eligible(instances)
    if (context.zone === '') return next(candidates, context)
    return next(
      preferring(candidates, (each) => each.zone === context.zone),
      context,
    )
  }
}

function load(instance: ServiceInstance, context: SelectorContext): number {
  return context.openStreams(instance) / weightOf(instance)
}
