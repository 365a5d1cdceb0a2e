import { rng, type Rng } from '@astranet/testkit/sim'
import type { Process } from './process.js'
import { must } from './sim-failure.js'
import { NOTICE_MS } from './sim-link.js'
import { viewersOf } from './truth.js'
import type { World } from './world.js'

/** Something that happens at a time. Its own seed decides the rest, so that others can be left out of a run. */
export interface Action {
  readonly atMs: number
  readonly kind: ActionKind
  readonly seed: number
}

/** What can happen, and how often. */
const WEIGHTS = {
  publish: 6,
  withdraw: 4,
  update: 8,
  flood: 1,
  break: 4,
  mend: 4,
  split: 1,
  heal: 1,
  crash: 2,
  start: 3,
  restart: 3,
  leave: 1,
  move: 2,
  want: 2,
  unwant: 1,
} as const
type ActionKind = keyof typeof WEIGHTS

/** How wrong a wall clock can be after a restart, ms. */
const CLOCK_JUMPS = [0, 0, 0, 1, -1_000, -3_600_000, -86_400_000 * 365, 3_600_000, 86_400_000 * 365]

/** How long after its end a life may still be seen: it is noticed, once more on the way, and spreads, ms. */
const GONE_MS = 4 * NOTICE_MS + 5_000

/** Changes of a flood, and the time between two, ms. */
const FLOOD = { changes: 200, everyMs: 5 }

/** Draws what happens within so many ms. */
export function actionsOf(random: Rng, { count, overMs }: { count: number; overMs: number }): Action[] {
  const kinds = (Object.keys(WEIGHTS) as ActionKind[]).flatMap((kind) =>
    Array.from({ length: WEIGHTS[kind] }, () => kind),
  )
  return Array.from({ length: count }, () => ({
    atMs: random.float() * overMs,
    kind: random.pick(kinds),
    seed: random.uint32(),
  })).sort((one, other) => one.atMs - other.atMs)
}

/** Names are few, so that several nodes offer the same one. */
export function serviceOf(random: Rng): { environment: string; name: string; port: number; weight: number } {
  return {
    environment: random.chance(0.8) ? '' : 'test',
    name: `service-${random.integer(0, 5)}`,
    port: random.integer(1, 2),
    weight: random.integer(0, 3),
  }
}

/** Starts a node as it always starts: with a service, and a leaf with wants. */
export function startNode(world: World, index: number, clockOffMs = 0): void {
  if (world.peers[index] !== undefined) return
  world.start(index, clockOffMs)
  const process = world.process(index)
  // In a large network ten nodes offer each name: a leaf holds what it wants, and not a share of everything.
  const names = Math.max(6, Math.ceil(world.peers.length / 10))
  process?.publish({ name: `service-${index % names}`, port: 1 })
  if (process?.catalogue.role !== 'leaf') return
  process.want('', `service-${(index + 1) % names}`)
  process.want('', `service-${(index + 2) % names}`)
}

/** Ends a life, and checks later that nobody sees it any more. */
export function killNode(world: World, process: Process, how: 'reset' | 'silent'): void {
  world.kill(process.index, how)
  const { nodeId, life } = process
  world.after(GONE_MS, () => {
    const [viewer] = viewersOf(world, nodeId, life)
    must(
      viewer === undefined,
      `node ${viewer?.index} sees what node ${process.index} offered in an earlier life`,
    )
  })
}

/** Lets a node leave in good order. */
export function leaveNode(world: World, process: Process): void {
  process.leave()
  world.after(4 * world.options.delayMs, () => {
    if (world.isRunning(process)) killNode(world, process, 'reset')
  })
}

/** Lets an action happen. Returns what it was in words; it may find nothing to do. */
export function act(world: World, { kind, seed }: Action): string {
  const random = rng(seed)
  const running = world.processes.filter((process) => !process.isLeaving)
  if (running.length === 0 && kind !== 'start') return 'nobody is there'
  const process = kind === 'start' ? undefined : random.pick(running)
  if (process !== undefined) return `${kind} ${onProcess(world, process, kind, random)}`
  const index = random.integer(0, world.peers.length - 1)
  startNode(world, index, random.pick(CLOCK_JUMPS))
  return `start ${index}`
}

function onProcess(world: World, process: Process, kind: ActionKind, random: Rng): string {
  const { index } = process
  const how = random.chance(0.5) ? 'reset' : 'silent'
  switch (kind) {
    case 'publish':
      process.publish(serviceOf(random))
      return String(index)
    case 'withdraw':
    case 'update':
      return changeOne(process, kind, random)
    case 'flood':
      flood(world, process, random)
      return String(index)
    case 'crash':
      killNode(world, process, how)
      return `${index} ${how}`
    case 'restart': {
      killNode(world, process, how)
      const jumpMs = random.pick(CLOCK_JUMPS)
      startNode(world, index, jumpMs)
      return `${index} ${how}, its clock off by ${jumpMs} ms`
    }
    case 'leave':
      leaveNode(world, process)
      return String(index)
    case 'want':
    case 'unwant':
      return changeWants(process, kind, random)
    default:
      return onNetwork(world, kind, random)
  }
}

function onNetwork(world: World, kind: ActionKind, random: Rng): string {
  if (kind === 'split') {
    world.split(world.peers.map(() => random.integer(0, 1)))
    return ''
  }
  if (kind === 'heal') {
    world.split(undefined)
    return ''
  }
  if (world.edges.length === 0) return 'nothing'
  const edge = random.pick(world.edges)
  const how = random.chance(0.5) ? 'reset' : 'silent'
  if (kind === 'break') world.breakEdge(edge, how)
  else if (kind === 'mend') world.mendEdge(edge)
  else world.moveLink(edge)
  return `${edge.a}-${edge.b} ${how}`
}

function changeOne(process: Process, kind: 'withdraw' | 'update', random: Rng): string {
  const offers = process.offers()
  if (offers.length === 0) return 'nothing'
  const service = random.pick(offers)
  if (kind === 'withdraw') process.withdraw(service)
  else process.publish({ ...service, weight: random.integer(0, 3) })
  return `${process.index} ${service.name}:${service.port}`
}

function flood(world: World, process: Process, random: Rng): void {
  for (let n = 0; n < FLOOD.changes; n++) {
    const service = serviceOf(random)
    world.after(n * FLOOD.everyMs, () => {
      if (process.isAlive && !process.isLeaving) process.publish(service)
    })
  }
}

function changeWants(process: Process, kind: 'want' | 'unwant', random: Rng): string {
  if (process.catalogue.role !== 'leaf') return 'nothing'
  const { environment, name } = serviceOf(random)
  const key = `${environment}/${name}`
  if (kind === 'unwant') process.unwant(key)
  else if (!process.wants.has(key)) process.want(environment, name)
  return `${process.index} ${key}`
}
