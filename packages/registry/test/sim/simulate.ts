import { act, startNode } from './chaos.js'
import {
  agree,
  measureBusy,
  measureChanges,
  measureCrash,
  measureLeave,
  measureSplit,
  measureSteady,
  untilLinked,
  type Measurements,
} from './measure.js'
import { planOf, type Plan, type PlanOptions } from './plan.js'
import { SimFailure } from './sim-failure.js'
import { checkRest } from './truth.js'
import { World } from './world.js'

/** How to run a plan. */
export interface SimOptions extends PlanOptions {
  /** Called with each line of what happens. */
  readonly trace?: (line: string) => void
  /** Called now and then with the virtual time, ms, and what is being done. */
  readonly onProgress?: (virtualMs: number, doing: string) => void
  /** Called with each world before it begins, to break something and see that it is noticed. */
  readonly prepare?: (world: World) => void
}

/** What a run did. */
export interface SimResult extends Measurements {
  readonly plan: Plan
  readonly virtualMs: number
}

/** All must agree within this time, also by the comparison of roots every 30 s, which counts when it differs twice. */
const AGREE_MS = 120_000

/** Runs the simulation of one seed. Throws a {@link SimFailure} that says how to replay it. */
export function simulate(seed: number, options: SimOptions = {}): Promise<SimResult> {
  return runPlan(planOf(seed, options), options)
}

/** Runs a plan. */
export async function runPlan(plan: Plan, options: SimOptions = {}): Promise<SimResult> {
  const world = new World({ ...plan, limits: {} })
  options.prepare?.(world)
  try {
    return { plan, ...(await runIn(world, plan, options)), virtualMs: world.clock.now() }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    const where = `seed ${plan.seed} (${plan.topology}, ${plan.shape.nodes.length} nodes, ${plan.crypto})`
    const replay = `npm run simulate:registry -- --seed ${plan.seed}${argumentsOf(options)}`
    const at = world.clock.now().toFixed(1)
    throw new SimFailure(`${where}, at ${at} ms: ${message}\nreplay: ${replay}`, { cause: error })
  } finally {
    for (const process of world.processes) process.end()
  }
}

async function runIn(world: World, plan: Plan, options: SimOptions): Promise<Measurements> {
  const { trace, onProgress } = options
  let doing = 'nodes start'
  world.onProgress = (virtualMs) => onProgress?.(virtualMs, doing)
  const measured: Measurements = {
    propagationMs: [],
    deltas: [],
    messages: [],
    bytes: [],
    busyMessages: undefined,
    steadyBytes: 0,
    agreedMs: 0,
    healedMs: 0,
    crashedMs: 0,
    leftMs: 0,
  }
  const say = (line: string): void => {
    trace?.(`${world.clock.now().toFixed(1).padStart(10)} ms  ${line}`)
    doing = `since then: ${line}`
  }
  for (const index of plan.shape.nodes.keys()) {
    startNode(world, index)
    if (plan.startEveryMs > 0) await world.run(plan.startEveryMs)
  }
  for (const action of plan.actions) {
    if (action.atMs > world.clock.now()) await world.run(action.atMs - world.clock.now())
    say(act(world, action))
  }
  say('everything is mended')
  mendAll(world)
  await untilLinked(world)
  measured.agreedMs = await agree(world, AGREE_MS)
  say(`all agree after ${measured.agreedMs} ms`)
  await world.run(30_000)
  await agree(world, 0)
  checkRest(world)
  if (plan.isBrief) return measured
  await measureChanges(world, plan.changes, measured)
  await measureBusy(world, measured)
  say('changes are measured')
  await measureSteady(world, measured)
  say('the time without changes is measured')
  await measureSplit(world, measured)
  say(`a split is healed after ${measured.healedMs} ms`)
  await measureCrash(world, measured)
  await measureLeave(world, measured)
  say(`a crashed node is gone after ${measured.crashedMs} ms, one that left after ${measured.leftMs} ms`)
  await world.run(60_000)
  await agree(world, 0)
  checkRest(world)
  return measured
}

/** Mends all links, and starts most of the nodes that do not run: the others stay dead. */
function mendAll(world: World): void {
  world.split(undefined)
  for (const edge of world.edges) world.mendEdge(edge)
  world.peers.forEach((peer, index) => {
    if (peer === undefined && world.rng.chance(0.8)) startNode(world, index)
  })
  if (world.processes.length === 0) startNode(world, 0)
}

/** What was given and not drawn, as arguments of the command. */
function argumentsOf(options: SimOptions): string {
  return Object.entries(options)
    .filter(([, value]) => typeof value === 'string' || typeof value === 'number')
    .map(([name, value]) => ` --${name} ${String(value)}`)
    .join('')
}
