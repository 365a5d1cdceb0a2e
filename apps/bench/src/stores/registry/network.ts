import { entriesOf, type Entry } from '../entries.js'
import type { CatalogueSizes } from '../store.js'
import { Exchange } from './exchange.js'
import { linkInMemory } from './links.js'

/** Routers among which the nodes are spread, beside the one that is measured. */
const ROUTERS = 10

/** Nodes that join at the same time while the network is made. */
const AT_ONCE = 100

/**
 * A router that holds the catalogue of a whole network: every node has an identity of its own, signs what it offers, and
 * has joined one of ten routers, which are joined with this one. All of them are gone afterwards, but their links count
 * as up.
 */
export async function makeNetwork(sizes: CatalogueSizes): Promise<Exchange> {
  const hub = new Exchange({ role: 'router', catalogue: 'all' })
  const routers = Array.from({ length: ROUTERS }, () => new Exchange({ role: 'router', catalogue: 'all' }))
  const byNode = entriesByNode(sizes)
  for (let begun = 0; begun < byNode.length; begun += AT_ONCE) {
    const group = byNode.slice(begun, begun + AT_ONCE)
    await Promise.all(group.map((entries, i) => addNode(entries, routers[(begun + i) % ROUTERS] as Exchange)))
  }
  for (const router of routers) {
    router.detach()
    linkInMemory(router, hub)
  }
  // Others reach a router's nodes through the hub once that router has published its link to the hub.
  const ofHub = hub.catalogue
  await hub.until(() =>
    routers.every(({ catalogue }) => ofHub.link(catalogue.self, ofHub.self) !== undefined),
  )
  await hub.until(() => ofHub.services().length === sizes.services)
  hub.detach()
  for (const router of routers) router.close()
  return hub
}

function entriesByNode(sizes: CatalogueSizes): Entry[][] {
  const byNode = Array.from({ length: sizes.nodes }, (): Entry[] => [])
  for (const entry of entriesOf(sizes)) byNode[entry.node]?.push(entry)
  return byNode
}

/** A leaf that offers these services joins the router; resolves when the router holds them. */
async function addNode(entries: readonly Entry[], router: Exchange): Promise<void> {
  const leaf = new Exchange({ role: 'leaf', catalogue: 'wanted' })
  leaf.catalogue.setNode({ roles: ['leaf'], addresses: [] })
  entries.forEach(({ name }, i) => {
    leaf.catalogue.publishService({ name, port: 1_000_000 + i, tags: ['blue'], zone: 'a', version: '1.0.0' })
  })
  linkInMemory(leaf, router)
  // The leaf's node record names the router once their link is up; others find the leaf by that.
  await router.until(() => router.catalogue.node(leaf.catalogue.self)?.routers.length === 1)
  leaf.close()
}
