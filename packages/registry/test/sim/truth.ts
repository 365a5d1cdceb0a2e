import type { NodeId } from '@astranet/interface'
import type { ServiceInstance } from '../../src/index.js'
import { contentOf } from './ledger.js'
import { Process } from './process.js'
import { must } from './sim-failure.js'
import type { World } from './world.js'

/** The processes that one can reach over links that are up: itself, its neighbours, and those behind routers. */
function reachOf(
  process: Process,
  firstHops: readonly Process[] = neighboursOf(process),
): Map<NodeId, Process> {
  const reached = new Map([[process.nodeId, process]])
  const queue = [...firstHops]
  for (const next of queue) {
    if (reached.has(next.nodeId)) continue
    reached.set(next.nodeId, next)
    if (next.catalogue.role === 'router') queue.push(...neighboursOf(next))
  }
  return reached
}

function neighboursOf(process: Process): Process[] {
  const found: Process[] = []
  for (const end of process.links.values()) {
    const { owner } = end.peer
    if (end.link.isUp && owner instanceof Process && owner.isAlive && !owner.isHostile) found.push(owner)
  }
  return found
}

/** Whether a node is to see what another one offers. */
export function canReach(process: Process, owner: Process): boolean {
  return reachOf(process).has(owner.nodeId)
}

/** How what a node sees differs from what it should see; `undefined` when it does not. */
export function differenceOf(world: World, process: Process): string | undefined {
  if (process.catalogue.catalogue === 'all') return differenceFrom(world, process, reachOf(process))
  // A leaf relies on one router at a time: what it wants is what can be reached from there.
  const hops = neighboursOf(process)
  const differences = (hops.length === 0 ? [[]] : hops.map((hop) => [hop])).map((first) =>
    differenceFrom(world, process, reachOf(process, first)),
  )
  return differences.includes(undefined) ? undefined : differences.join(', or ')
}

function differenceFrom(
  world: World,
  process: Process,
  reached: ReadonlyMap<NodeId, Process>,
): string | undefined {
  if (process.catalogue.catalogue === 'all')
    return differenceIn(world, process.catalogue.services(), [...reached.values()], reached)
  for (const key of process.wants.keys()) {
    const [environment, name] = key.split('/') as [string, string]
    const seen = process.catalogue
      .resolve(environment, name)
      .filter((service) => !world.ledger.isIgnored(service.nodeId))
    const wanted = [...world.ledger.ownersOf(key)].filter((owner) => reached.has(owner))
    // Its other routers are neighbours, so what they offer may be visible as well.
    const neighbours = neighboursOf(process).map((each) => [each.nodeId, each] as const)
    const difference = differenceIn(world, seen, [], new Map([...reached, ...neighbours]))
    if (difference !== undefined) return difference
    const count = seen.filter((service) => reached.has(service.nodeId)).length
    if (count !== wanted.length) {
      const missing = wanted.find((owner) => !seen.some((service) => service.nodeId === owner))
      const whose = `node ${missing && world.indexOf(missing)}'s is missing`
      return `${key}: ${count} in place of ${wanted.length} are visible; ${whose}`
    }
  }
  return undefined
}

function differenceIn(
  world: World,
  seen: readonly ServiceInstance[],
  owners: readonly Process[],
  reached: ReadonlyMap<NodeId, Process>,
): string | undefined {
  const honest = seen.filter((service) => !world.ledger.isIgnored(service.nodeId))
  for (const service of honest) {
    const owner = reached.get(service.nodeId)
    if (owner === undefined) return `${contentOf(service)} is visible, and its node cannot be reached`
    if (
      world.ledger.retiredFor(service, world.clock.now()) > 0 ||
      world.ledger.lifeOf(service) !== owner.life
    )
      return `${contentOf(service)} is visible, and is not offered any more`
  }
  const expected = owners.reduce((sum, { nodeId, life }) => sum + world.ledger.count(nodeId, life), 0)
  if (owners.length === 0 || expected === honest.length) return undefined
  const seenOwners = new Set(honest.map((service) => service.nodeId))
  const missing = owners.find(
    ({ nodeId, life }) => !seenOwners.has(nodeId) && world.ledger.count(nodeId, life) > 0,
  )
  return `${honest.length} in place of ${expected} services are visible; node ${missing?.index}'s are missing`
}

/** How some node's view differs from the truth; `undefined` when all agree with it. */
export function disagreement(world: World): string | undefined {
  for (const process of world.processes) {
    const difference = differenceOf(world, process)
    if (difference !== undefined) return `node ${process.index} (${process.catalogue.role}): ${difference}`
  }
  return undefined
}

/** What must hold when nothing is going on: queues are empty, wants answered, and histories lead to the views. */
export function checkRest(world: World): void {
  for (const process of world.processes) {
    const { neighbours } = process.catalogue.inspect()
    for (const { nodeId, dirty, awaited, isCurrent } of neighbours) {
      const link = `link ${process.index}-${world.indexOf(nodeId)}`
      must(dirty === 0, `${link}: ${dirty} logs are due at rest`)
      must(awaited === 0, `${link}: ${awaited} logs are awaited at rest`)
      must(isCurrent, `${link} is not current at rest`)
    }
    for (const [key, want] of process.wants)
      must(want.isAnswered, `node ${process.index} was not answered about ${key}`)
    process.mirror.check(world.clock.now())
  }
}

/** The nodes that see something of a life of a node. */
export function viewersOf(world: World, owner: NodeId, life: number): Process[] {
  return world.processes.filter((process) =>
    process.catalogue
      .services()
      .some((service) => service.nodeId === owner && world.ledger.lifeOf(service) === life),
  )
}
