import type { NodeId } from '@astranet/interface'
import type { TunnelOrigin } from './tunnel-origin.js'

/** A group that has only so many more links than the newcomer's loses none: a peer may have two links for a while. */
const MARGIN = 1

interface RouterPlaces<TLink> {
  count: number
  /** The links of each, in the order in which they came. */
  readonly ofNeighbour: Map<NodeId, Set<TLink>>
}

/**
 * The places of links that others have made to this node through routers. Any member may be a router, and name as many
 * sources as it likes. So where there are no more places, a newcomer gets one of the router with the most links, and of
 * those one of the router's neighbour with the most; it gets none if that router and neighbour are its own.
 */
export class RelayedPlaces<TLink> {
  readonly #routers = new Map<NodeId, RouterPlaces<TLink>>()
  #total = 0

  get total(): number {
    return this.#total
  }

  add({ router, neighbour }: TunnelOrigin, link: TLink): void {
    const places = this.#routers.get(router) ?? { count: 0, ofNeighbour: new Map<NodeId, Set<TLink>>() }
    const links = places.ofNeighbour.get(neighbour) ?? new Set<TLink>()
    this.#routers.set(router, places)
    places.ofNeighbour.set(neighbour, links.add(link))
    places.count += 1
    this.#total += 1
  }

  /** One that was added. Nothing is kept where there are none. */
  delete({ router, neighbour }: TunnelOrigin, link: TLink): void {
    const places = this.#routers.get(router)
    const links = places?.ofNeighbour.get(neighbour)
    if (places === undefined || links?.delete(link) !== true) return
    if (links.size === 0) places.ofNeighbour.delete(neighbour)
    places.count -= 1
    if (places.count === 0) this.#routers.delete(router)
    this.#total -= 1
  }

  /** The links of which one may lose its place to a newcomer, the youngest first; none: the newcomer gets no place. */
  toReplace({ router, neighbour }: TunnelOrigin): readonly TLink[] {
    const largest = this.#largestRouter(router)
    const places = this.#routers.get(largest)
    if (places === undefined) return []
    const { ofNeighbour } = places
    const groups = [...ofNeighbour.values()]
    const most = groups.reduce((size, links) => Math.max(size, links.size), 0)
    if (largest === router && most <= withNewcomer(ofNeighbour.get(neighbour)?.size)) return []
    return groups
      .filter(({ size }) => size === most)
      .flatMap((links) => [...links])
      .reverse()
  }

  /** The newcomer's own, unless another one has clearly more links. */
  #largestRouter(own: NodeId): NodeId {
    let largest = own
    let most = withNewcomer(this.#routers.get(own)?.count)
    for (const [router, { count }] of this.#routers) {
      if (count <= most) continue
      largest = router
      most = count
    }
    return largest
  }
}

function withNewcomer(count = 0): number {
  return count + 1 + MARGIN
}
