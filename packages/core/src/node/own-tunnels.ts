import type { NodeId } from '@astranet/interface'
import type { Link } from '@astranet/link'
import type { Catalogue } from '@astranet/registry'
import { Forwarder, type OwnNetwork, type RouteTable } from '@astranet/relay'
import type { AccessControl } from '../access/access-control.js'
import { credentialsForOthers } from '../links/credentials-for-others.js'
import type { LinkCredentials } from '../links/link-credentials.js'
import type { LinkRecord } from '../links/link-record.js'
import { LinkSource } from '../links/link-source.js'
import type { Neighbours } from '../links/neighbours.js'
import { hasLocalRouter } from '../links/own-observations.js'
import { secretForNeighbour } from '../links/pair-secrets.js'
import { roleOf } from '../links/roles.js'
import { SpareRouter } from '../links/spare-router.js'
import { AddressWay } from '../links/ways/address-way.js'
import { AdvertisedTargets } from '../links/ways/advertised-targets.js'
import { TunnelWay } from '../links/ways/tunnel-way.js'
import type { NodeOptions } from './node-options.js'

/** @internal What forwards for others at a node. */
export function ownForwarder({
  options,
  access,
  catalogue,
  routes,
  neighbours,
}: {
  readonly options: NodeOptions
  readonly access: AccessControl
  readonly catalogue: Catalogue
  readonly routes: RouteTable
  readonly neighbours: () => Neighbours
}): Forwarder {
  const { clock, identity, tunnelLimits: limits } = options
  return new Forwarder({
    ...{ self: identity.nodeId, clock, limits },
    isRouter: () => catalogue.role === 'router',
    linkTo: (nodeId) => {
      const link = neighbours().preferred.linkTo(nodeId)
      return link?.isDialable === true ? link : undefined
    },
    isRouterAt: ({ peer }) => peer !== undefined && roleOf(peer) === 'router',
    routersTo: (nodeId) => routes.routeTo(nodeId)?.via,
    isKnown: (nodeId) => catalogue.isReachable(nodeId),
    secretFor: (link, ends) => secretForNeighbour(neighbours().table.recordOf(link), ends),
    forwardRefusal: (from, to) => {
      const { table } = neighbours()
      return access.forwardRefusal(table.identityOf(from), table.identityOf(to))
    },
  })
}

/** @internal Where dials of a node get links, and what makes them. */
export function ownLinkSource({
  options,
  catalogue,
  routes,
  neighbours,
  recordOf,
  hostNetworks,
  followsInvitations,
  onChange,
}: {
  readonly options: NodeOptions
  readonly catalogue: Catalogue
  readonly routes: RouteTable
  readonly neighbours: Neighbours
  readonly recordOf: (link: Link) => LinkRecord | undefined
  readonly hostNetworks: () => readonly OwnNetwork[]
  /** Whether addresses that other nodes advertise are dialed. */
  readonly followsInvitations: () => boolean
  readonly onChange: () => void
}): { readonly links: LinkSource; readonly addressWay: AddressWay } {
  const { clock, identity, transports } = options
  const { maker, preferred: direct, relayed } = neighbours
  /** Those of the link to the first router on the way to the node, then of links to any router, then of any link. */
  function* credentialsOnTheWay(nodeId: NodeId): Generator<LinkCredentials> {
    const first = routes.routeTo(nodeId)?.via[0]
    const link = first === undefined ? undefined : direct.linkTo(first)
    const onTheWay = link && recordOf(link)
    if (onTheWay !== undefined) yield onTheWay.credentials
    for (const onlyRouters of [true, false])
      for (const [, each] of direct) {
        const record = recordOf(each)
        const isRouter = each.peer !== undefined && roleOf(each.peer) === 'router'
        if (record !== undefined && isRouter === onlyRouters) yield record.credentials
      }
  }
  const addressWay = new AddressWay({
    ...{ clock, maker, isAllowed: followsInvitations },
    // A dialed address proves nothing until the handshake, in which the node's id is checked.
    credentialsFor: (nodeId) =>
      credentialsForOthers({
        own: { psk: options.psk },
        links: credentialsOnTheWay(nodeId),
        cameInByTicket: neighbours.cameInByTicket,
      }),
    targets: new AdvertisedTargets({
      ...{ clock, catalogue, hostNetworks },
      transportOf: (network) => transports.find(({ networks }) => networks.includes(network)),
      hasLocalRouter: () => hasLocalRouter(direct, recordOf),
    }),
  })
  const links = new LinkSource({
    ...{ direct, relayed, recordOf, clock, onChange },
    ways: [
      addressWay,
      new TunnelWay({
        ...{ self: identity.nodeId, clock, routes, maker, recordOf, neighbours: direct },
        linkTo: direct.linkTo.bind(direct),
        knowsAll: () => catalogue.catalogue === 'all',
      }),
    ],
  })
  return { links, addressWay }
}

/** @internal What keeps a node linked with a second router. */
export function ownSpareRouter({
  options,
  catalogue,
  neighbours,
  links,
  addressWay,
}: {
  readonly options: NodeOptions
  readonly catalogue: Catalogue
  readonly neighbours: Neighbours
  readonly links: LinkSource
  readonly addressWay: AddressWay
}): SpareRouter | undefined {
  if (!options.isSparing) return undefined
  const { table, preferred: direct } = neighbours
  return new SpareRouter({
    ...{ clock: options.clock, random: Math.random, catalogue, direct },
    recordOf: (link) => table.recordOf(link),
    canDial: (nodeId) => !neighbours.hasLeft(nodeId) && addressWay.canTry(nodeId),
    dial: (nodeId) => links.begin(nodeId, 'direct'),
    hasRoom: () => table.size + 1 < options.maxLinks,
  })
}
