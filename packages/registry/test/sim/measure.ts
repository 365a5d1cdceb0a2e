import { killNode, leaveNode } from './chaos.js'
import { Process } from './process.js'
import { must } from './sim-failure.js'
import { Reach } from './reach.js'
import { findDisagreement, viewersOf } from './truth.js'
import type { World } from './world.js'

/** How fine a time is measured that is not that of an event, ms. */
const STEP_MS = 50

/** Changes of a busy network, the time between two, and the time in which what follows them comes to rest, ms. */
const BUSY = { changes: 100, everyMs: 100, restMs: 5_000 }

/** What a run measures. Times are ms, counts per change unless said otherwise. */
export interface Measurements {
  /** From a change to each node that is to see it. */
  readonly propagationMs: number[]
  readonly deltas: number[]
  readonly messages: number[]
  readonly bytes: number[]
  /** Messages for each change when there are ten changes a second; `undefined`: nobody offers anything. */
  busyMessages: number | undefined
  /** Bytes that a link carries in a second when nothing changes. */
  steadyBytes: number
  /** Until all agree after everything was mended; after a split was healed and its links were up. */
  agreedMs: number
  healedMs: number
  /** Until nobody sees a node that crashed, after its last neighbour noticed, and one that left. */
  crashedMs: number
  leftMs: number
}

/** Runs until all agree with the truth. Returns how long that took. Throws when it takes longer than `maxMs`. */
export async function agree(world: World, maxMs: number, stepMs = STEP_MS): Promise<number> {
  const startedMs = world.clock.now()
  let last: Process | undefined
  for (;;) {
    // The one that differed last is looked at first: all are gone through only when it agrees.
    const early = last?.isAlive === true ? findDisagreement(world, [last]) : undefined
    const difference = early ?? findDisagreement(world, world.processes)
    const tookMs = world.clock.now() - startedMs
    if (difference === undefined) return tookMs
    must(tookMs < maxMs, `no agreement after ${tookMs} ms: ${difference.text}`)
    last = difference.process
    await world.run(stepMs)
  }
}

/** Makes changes one after the other, and measures each. The first ones build the tree, and are not measured. */
export async function measureChanges(world: World, changes: number, into: Measurements): Promise<void> {
  const warmUp = Math.min(10, changes)
  for (let n = -warmUp; n < changes; n++) await measureChange(world, n < 0 ? undefined : into)
}

async function measureChange(world: World, into: Measurements | undefined): Promise<void> {
  const owner = randomOwner(world)
  if (owner === undefined) return
  const service = world.rng.pick(owner.offers())
  const key = `${service.environment}/${service.name}`
  const reach = new Reach(world)
  const viewers = new Set(
    world.processes.filter(
      (each) =>
        each !== owner &&
        reach.of(each).has(owner.nodeId) &&
        (each.catalogue.catalogue === 'all' || each.wants.has(key)),
    ),
  )
  const startedMs = world.clock.now()
  world.onSeen = (process, seen) => {
    if (seen.nodeId !== owner.nodeId || !viewers.delete(process)) return
    into?.propagationMs.push(world.clock.now() - startedMs)
  }
  world.cost.reset()
  owner.publish({ ...service, weight: service.weight === 1 ? 2 : 1 })
  await world.run(3_000)
  into?.deltas.push(world.cost.deltas)
  into?.messages.push(world.cost.total)
  into?.bytes.push(world.cost.bytes)
  await agree(world, 30_000)
  world.onSeen = undefined
  must(viewers.size === 0, `${viewers.size} nodes have not seen a change`)
}

/** Measures what a change costs when changes by random nodes come one behind the other. */
export async function measureBusy(world: World, into: Measurements): Promise<void> {
  const { changes, everyMs } = BUSY
  world.cost.reset()
  for (let n = 0; n < changes; n++) {
    const owner = randomOwner(world)
    if (owner === undefined) return
    const service = world.rng.pick(owner.offers())
    owner.publish({ ...service, weight: service.weight === 1 ? 2 : 1 })
    await world.run(everyMs)
  }
  // What is announced follows seconds later.
  await world.run(BUSY.restMs)
  into.busyMessages = world.cost.total / changes
  await agree(world, 30_000)
}

/** A process that offers something. */
function randomOwner(world: World): Process | undefined {
  const owners = world.processes.filter(({ nodeId, life }) => world.ledger.count(nodeId, life) > 0)
  return owners.length === 0 ? undefined : world.rng.pick(owners)
}

/** Measures the bytes of two minutes in which nothing happens. */
export async function measureSteady(world: World, into: Measurements): Promise<void> {
  const ms = 120_000
  await world.run(10_000)
  world.cost.reset()
  await world.run(ms)
  const links = world.edges.filter((edge) => edge.link?.isUp).length
  into.steadyBytes = links === 0 ? 0 : world.cost.bytes / links / (ms / 1_000)
}

/** Splits the network in two for a while in which both sides change, and heals it. */
export async function measureSplit(world: World, into: Measurements): Promise<void> {
  world.split(world.peers.map(() => world.rng.integer(0, 1)))
  await world.run(15_000)
  for (const process of world.processes)
    if (world.rng.chance(0.3)) process.publish({ name: `service-${world.rng.integer(0, 5)}`, port: 1 })
  await world.run(10_000)
  await agree(world, 60_000)
  world.split(undefined)
  await untilLinked(world)
  into.healedMs = await agree(world, 60_000)
}

/** Kills a node whose machine disappears. */
export async function measureCrash(world: World, into: Measurements): Promise<void> {
  const process = world.rng.pick(world.processes)
  const neighbours = [...process.links.values()].map((end) => end.peer.owner)
  killNode(world, process, 'silent')
  const isNoticed = (): boolean =>
    neighbours.every((each) => !(each instanceof Process) || !each.catalogue.isUp(process.nodeId))
  while (!isNoticed()) await world.run(STEP_MS)
  into.crashedMs = await untilGone(world, process)
  await agree(world, 60_000)
}

/** Lets a node leave. */
export async function measureLeave(world: World, into: Measurements): Promise<void> {
  if (world.processes.length < 2) return
  const process = world.rng.pick(world.processes)
  leaveNode(world, process)
  into.leftMs = await untilGone(world, process)
  await agree(world, 60_000)
}

async function untilGone(world: World, { nodeId, life, index }: Process): Promise<number> {
  const startedMs = world.clock.now()
  for (;;) {
    const viewers = viewersOf(world, nodeId, life).filter((each) => each.nodeId !== nodeId)
    const tookMs = world.clock.now() - startedMs
    if (viewers.length === 0) return tookMs
    must(tookMs < 30_000, `node ${viewers[0]?.index} sees node ${index} ${tookMs} ms after its end`)
    await world.run(STEP_MS)
  }
}

/** Runs until all links are up that can be. */
export async function untilLinked(world: World): Promise<void> {
  const isLinked = (): boolean =>
    world.edges.every(
      ({ a, b, link, isBroken }) => isBroken || !world.peers[a] || !world.peers[b] || link?.isUp === true,
    )
  while (!isLinked()) await world.run(STEP_MS)
}
