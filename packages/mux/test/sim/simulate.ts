import type { SessionCore } from '../../src/proto/session/core.js'
import type { Sabotage } from './checked-end.js'
import { planOf, type Plan } from './plan.js'
import { SimFailure } from './sim-failure.js'
import { World } from './world.js'

/** How to run a seed. */
export interface SimOptions {
  /** Called with each line of what happens. */
  readonly trace?: (line: string) => void
  /** Done to the bytes of the client, to see that the simulation notices. */
  readonly sabotage?: Sabotage
  /** Done to the core of each server, likewise. */
  readonly breakCore?: (core: SessionCore) => void
}

/** What a run did. */
export interface SimResult {
  readonly seed: number
  readonly plan: Plan
  readonly virtualMs: number
  readonly steps: number
  readonly streams: number
  readonly bytes: number
}

/** Runs the simulation of one seed. Throws a {@link SimFailure} that says how to replay it when something is not right. */
export function simulate(seed: number, options: SimOptions = {}): SimResult {
  const plan = planOf(seed)
  const world = new World(plan, options)
  try {
    world.run()
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    const where = `seed ${seed} (${plan.ending}), at ${world.clock.now().toFixed(3)} ms`
    throw new SimFailure(`${where}: ${message}\nreplay: npm run sim -- --seed ${seed}`, { cause: error })
  }
  return {
    seed,
    plan,
    virtualMs: world.clock.now(),
    steps: world.steps,
    streams: world.sides.reduce((sum, side) => sum + side.probes.length, 0) / 2,
    bytes: world.sides.reduce((sum, side) => sum + side.core.receiveWindow.received, 0),
  }
}
