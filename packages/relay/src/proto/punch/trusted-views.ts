import { isPublicHost } from './address-rules.js'
import { isIpv6 } from './end.js'
import type { Observation } from './nat-facts.js'

/** How one router sees this node. */
export interface RouterView extends Observation {
  /** Whether the program has joined that router. This node finds other routers in the catalogue by itself. */
  readonly isJoined: boolean
}

/** The addresses that joined routers saw last, at most one list for each family, public and not. */
type KnownHosts = Map<string, readonly string[]>

/**
 * Which routers' views of this node count. A node tells its peers where routers see it, and they try thousands of ports
 * there. Any member can be a router in the catalogue, so its word alone could direct all of them at somebody else. Of
 * the addresses of one family, public or not, these views count:
 *
 * 1. those of routers that the program has joined, if there are any, and no others;
 * 2. otherwise those that name the same address as another router does, or as a joined router did last.
 */
export class TrustedViews {
  readonly #known: KnownHosts = new Map()

  /** Those of `views`, one of each router, that count. Views of one family stay in order. */
  of(views: readonly RouterView[]): readonly RouterView[] {
    const groups = new Map<string, RouterView[]>()
    for (const view of views) {
      const { host } = view.seen
      const key = `${isPublicHost(host)} ${isIpv6(host)}`
      groups.set(key, [...(groups.get(key) ?? []), view])
    }
    return [...groups].flatMap(([key, group]) => this.#trusted(key, group))
  }

  #trusted(key: string, group: readonly RouterView[]): readonly RouterView[] {
    const joined = group.filter(({ isJoined }) => isJoined)
    if (joined.length === 0) {
      const known = this.#known.get(key) ?? []
      const isAgreed = ({ seen }: RouterView): boolean =>
        group.filter((other) => other.seen.host === seen.host).length > 1
      return group.filter((view) => known.includes(view.seen.host) || isAgreed(view))
    }
    this.#known.set(
      key,
      joined.map(({ seen }) => seen.host),
    )
    return joined
  }
}
