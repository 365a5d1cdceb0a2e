import { rng } from '@astranet/testkit/sim'
import { actionsOf, type Action } from './chaos.js'
import type { SimCryptoKind } from './sim-crypto.js'
import { shapeOf, TOPOLOGIES, type Shape, type Topology } from './topology.js'

/** What a run can be told; what is left out is drawn. */
export interface PlanOptions {
  readonly nodes?: number
  readonly topology?: Topology
  /** The share of routers, 0 to 1. */
  readonly routers?: number
  /** The share of leaves among the other nodes, 0 to 1. */
  readonly leaves?: number
  readonly crypto?: SimCryptoKind
  /** How many things happen before the measurements. 0: only the measurements. */
  readonly actions?: number
  /** Which of them happen, by their index; default all. */
  readonly keep?: readonly number[]
  /** How many changes are measured. */
  readonly changes?: number
  /** Whether it ends when all agree and are at rest, without measurements. */
  readonly isBrief?: boolean
}

/** Everything about a run that its seed decides. */
export interface Plan {
  readonly seed: number
  readonly shape: Shape
  readonly topology: Topology
  readonly crypto: SimCryptoKind
  readonly delayMs: number
  readonly windowMessages: number
  readonly isEncoded: boolean
  /** The time between the starts of two nodes, ms. */
  readonly startEveryMs: number
  readonly actions: readonly Action[]
  readonly changes: number
  readonly isBrief: boolean
}

/** A network of so many nodes and more grows, because a start of all at once takes most of the time of its run. */
export const LARGE_NETWORK = 200
const GROW_EVERY_MS = 20

const MAX_NODES = 24
const MAX_ACTIONS = 80
const CHAOS_MS = 60_000

/** The plan of a seed. */
export function planOf(seed: number, options: PlanOptions = {}): Plan {
  const random = rng(seed)
  const topology = options.topology ?? random.pick(TOPOLOGIES)
  const shape = shapeOf(
    {
      nodes: options.nodes ?? random.integer(2, MAX_NODES),
      topology,
      routers: options.routers ?? (options.nodes === undefined ? random.float() : 1),
      leaves: options.leaves ?? random.float(),
    },
    random.fork(),
  )
  const kinds: SimCryptoKind[] = ['ed25519', 'later', 'later', ...Array<SimCryptoKind>(17).fill('stand-in')]
  const isDrawn = options.nodes === undefined
  return {
    seed,
    shape,
    topology,
    crypto: options.crypto ?? (isDrawn ? random.pick(kinds) : 'stand-in'),
    delayMs: 50,
    windowMessages: isDrawn && random.chance(0.2) ? random.integer(1, 4) : Infinity,
    isEncoded: isDrawn && random.chance(0.2),
    startEveryMs: shape.nodes.length >= LARGE_NETWORK ? GROW_EVERY_MS : 0,
    actions: actionsOf(random.fork(), {
      count: options.actions ?? random.integer(0, MAX_ACTIONS),
      overMs: CHAOS_MS,
    }).filter((_, index) => options.keep?.includes(index) ?? true),
    changes: options.changes ?? 5,
    isBrief: options.isBrief ?? false,
  }
}
