import type { NodeId } from '@astranet/interface'
import type { ServiceInstance } from '../../src/index.js'
import type { Process } from './process.js'
import { neighboursOf, Reach, type Reached } from './reach.js'
import { must } from './sim-failure.js'
import type { World } from './world.js'

/** How what a node sees differs from what it should see; `undefined` when it does not. */
export function differenceOf(
  world: World,
  process: Process,
  reach: Reach = new Reach(world),
): string | undefined {
  if (process.catalogue.catalogue === 'all')
    return differenceIn({ world, reach, seen: process.catalogue.services() }, reach.of(process), true)
  // A leaf relies on one router at a time: what it wants is what can be reached from there.
  const hops = neighboursOf(process)
  const differences = (hops.length === 0 ? [[]] : hops.map((hop) => [hop])).map((first) =>
    differenceInWants(world, process, reach, reach.of(process, first)),
  )
  return differences.includes(undefined) ? undefined : differences.join(', or ')
}

function differenceInWants(
  world: World,
  process: Process,
  reach: Reach,
  reached: Reached,
): string | undefined {
  // Its other routers are neighbours, so what they offer may be visible as well.
  const others = neighboursOf(process).filter((each) => !reached.has(each.nodeId))
  const visible =
    others.length === 0
      ? reached
      : new Map([...reached, ...others.map((each) => [each.nodeId, each] as const)])
  for (const key of process.wants.keys()) {
    const [environment, name] = key.split('/') as [string, string]
    const seen = process.catalogue
      .resolve(environment, name)
      .filter((service) => !world.ledger.isIgnored(service.nodeId))
    const wanted = [...world.ledger.ownersOf(key)].filter((owner) => reached.has(owner))
    const difference = differenceIn({ world, reach, seen }, visible, false)
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

interface View {
  readonly world: World
  readonly reach: Reach
  readonly seen: readonly ServiceInstance[]
}

/** How what is seen differs from what the reached nodes offer. `isAll`: all of it should be seen. */
function differenceIn({ world, reach, seen }: View, reached: Reached, isAll: boolean): string | undefined {
  const { ledger } = world
  const honest = seen.filter((service) => !ledger.isIgnored(service.nodeId))
  for (const service of honest) {
    const owner = reached.get(service.nodeId)
    if (owner === undefined) return `${ledger.contentOf(service)} is visible, and its node cannot be reached`
    if (ledger.retiredFor(service, world.clock.now()) > 0 || ledger.lifeOf(service) !== owner.life)
      return `${ledger.contentOf(service)} is visible, and is not offered any more`
  }
  const expected = isAll ? reach.servicesOf(reached) : honest.length
  if (expected === honest.length) return undefined
  const seenOwners = new Set(honest.map((service) => service.nodeId))
  const missing = [...reached.values()].find(
    ({ nodeId, life }) => !seenOwners.has(nodeId) && ledger.count(nodeId, life) > 0,
  )
  return `${honest.length} in place of ${expected} services are visible; node ${missing?.index}'s are missing`
}

/** How some node's view differs from the truth; `undefined` when all agree with it. */
export function disagreement(world: World): string | undefined {
  return findDisagreement(world, world.processes)?.text
}

/** The first of these processes whose view differs from the truth, and how. */
export function findDisagreement(
  world: World,
  processes: readonly Process[],
): { readonly process: Process; readonly text: string } | undefined {
  const reach = new Reach(world)
  for (const process of processes) {
    const difference = differenceOf(world, process, reach)
    if (difference === undefined) continue
    return { process, text: `node ${process.index} (${process.catalogue.role}): ${difference}` }
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
  const { ledger } = world
  const names = ledger.namesOf(owner, life).map((key) => key.split('/') as [string, string])
  return world.processes.filter(({ catalogue }) =>
    names.some(([environment, name]) =>
      catalogue
        .resolve(environment, name)
        .some((service) => service.nodeId === owner && ledger.lifeOf(service) === life),
    ),
  )
}
