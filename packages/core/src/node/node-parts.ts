import type { NodeId, Transport } from '@astranet/interface'
import type { Link } from '@astranet/link'
import type { Catalogue } from '@astranet/registry'
import { RouteTable, type Forwarder } from '@astranet/relay'
import { AccessControl } from '../access/access-control.js'
import { Offers } from '../access/offers.js'
import { PassingOn } from '../access/passing-on.js'
import { PolicyFailures } from '../access/policy-failures.js'
import { AvoidedInstances } from '../dial/avoided-instances.js'
import { ChangeWaiters } from '../dial/change-waiters.js'
import { DialReports } from '../dial/dial-reports.js'
import { Dialer } from '../dial/dialer.js'
import { Loopback } from '../dial/loopback.js'
import { Discovery } from '../discovery/discovery.js'
import { EndpointReports } from '../endpoints/endpoint-reports.js'
import { Endpoints } from '../endpoints/endpoints.js'
import { LaterAddresses } from '../links/later-addresses.js'
import type { LinkRecord } from '../links/link-record.js'
import type { LinkSource } from '../links/link-source.js'
import { Neighbours } from '../links/neighbours.js'
import { PathReports } from '../links/path-reports.js'
import { Punching } from '../links/punching.js'
import { RegistryReports } from '../links/registry-reports.js'
import type { GoneLink } from '../links/relayed-links.js'
import { ownIdentity } from '../links/remote-identity.js'
import type { AddressWay } from '../links/ways/address-way.js'
import { Binder } from '../listen/binder.js'
import { ListenerReports } from '../listen/listener-reports.js'
import { PortTable } from '../listen/port-table.js'
import { streamTakers } from '../listen/stream-takers.js'
import type { NodeOptions } from './node-options.js'
import { ownCatalogue } from './own-catalogue.js'
import type { SpareRouter } from '../links/spare-router.js'
import { ownForwarder, ownLinkSource, ownSpareRouter } from './own-tunnels.js'
import type { Platform } from './platform.js'
import { TicketMaker } from './ticket-maker.js'

/** A link through routers that another node wanted to make did not come about: `{ nodeId, error }`. */
const TUNNEL_FAILED = 'astranet:tunnel:failed'

/** @internal What the parts of a node report to it, and ask of it. Nothing is called while they are made. */
export interface NodeHost {
  /** The transport of a network. Throws a TypeError when the node has none. */
  transportFor(network: string): Transport
  /** Who may offer what has changed, or which nodes can be dialed. */
  onOffers(): void
  /** The addresses at which the node listens have changed. */
  onAddresses(): void
  /** Whether the node connects to nodes that its program has not joined, where they say they can be reached. */
  followsInvitations(): boolean
  /** Throws when the node is closed. */
  checkOpen(syscall: string, address: string): void
}

/** @internal All parts of a node. */
export interface NodeParts<TSocket, TListener> {
  readonly access: AccessControl
  readonly catalogue: Catalogue
  readonly routes: RouteTable
  readonly neighbours: Neighbours
  readonly ports: PortTable
  /** What arrives at the ports, and what is dialed. */
  readonly arrivals: ListenerReports
  readonly dials: DialReports
  readonly binder: Binder<TSocket, TListener>
  readonly loopback: Loopback
  readonly offers: Offers
  readonly discovery: Discovery
  readonly dialer: Dialer<TSocket>
  readonly links: LinkSource
  readonly addressWay: AddressWay
  /** `undefined`: the user does not want one. */
  readonly spareRouter: SpareRouter | undefined
  readonly forwarder: Forwarder
  readonly punching: Punching
  readonly endpoints: Endpoints
  readonly tickets: TicketMaker
}

/** @internal Makes the parts of a node, and gives each what it needs of the others. */
export function nodeParts<TSocket, TListener>(
  options: NodeOptions,
  platform: Platform<TSocket, TListener>,
  host: NodeHost,
): NodeParts<TSocket, TListener> {
  const { clock, identity, secret, psk, zone } = options
  const self = identity.nodeId
  const ports = new PortTable(Math.random)
  const { access, catalogue, reports } = catalogueParts(options, platform, () => neighbours)
  const routes = new RouteTable(catalogue, (nodeId) => {
    const security = neighbours.identityOf(nodeId)?.security
    return security === undefined ? undefined : security !== 'private'
  })
  const waiters = new ChangeWaiters()
  const arrivals = new ListenerReports(platform)
  const dials = new DialReports(clock, platform)
  const recordOf = (link: Link): LinkRecord | undefined => neighbours.table.recordOf(link)
  const forwarder: Forwarder = ownForwarder({
    ...{ options, access, catalogue, routes },
    neighbours: () => neighbours,
  })
  const neighbours: Neighbours = new Neighbours({
    ...{ options, platform, catalogue, access, reports },
    addresses: () => endpoints.addresses,
    streams: streamTakers({
      ...{ self, clock, ports, access, recordOf, reports: arrivals },
      forwarder: () => forwarder,
      maker: () => maker,
      onFailed: (nodeId, error) => platform.publish(TUNNEL_FAILED, { nodeId, error }),
    }),
    onGraph: () => {
      waiters.wake()
      laterAddresses.look()
      spareRouter?.changed()
    },
    transportFor: (network) => host.transportFor(network),
    onPreferred: (nodeId) => {
      paths.changed(nodeId)
      punching.changed(nodeId)
      laterAddresses.changed(nodeId)
      spareRouter?.changed()
      host.onOffers()
    },
    onRelayedGone: (nodeId, link) => {
      punching.gone(nodeId, link)
      // The program will probably dial again, and then finds a link that leads over another router.
      if (isMissed(nodeId, link, neighbours)) links.begin(nodeId, 'relay')
    },
    onRelayedMessage: (nodeId, type, body) => punching.receive(nodeId, type, body),
    followsInvitations: () => host.followsInvitations(),
    checkOpen: (syscall, address) => host.checkOpen(syscall, address),
  })
  const { table, maker, sync } = neighbours
  const onChange = (): void => sync.schedule()
  const loopback = new Loopback({ clock, limits: options.sessionLimits, access, reports: arrivals })
  const offers = new Offers({ self, catalogue, access, neighbour: neighbours.identityOf.bind(neighbours) })
  const discovery = new Discovery({ self, catalogue, offers, routes, clock, waiters, onChange })
  const { links, addressWay } = ownLinkSource({
    ...{ options, catalogue, routes, neighbours, recordOf, hostNetworks: platform.hostNetworks },
    followsInvitations: () => host.followsInvitations(),
    onChange: () => {
      waiters.wake()
      laterAddresses.look()
    },
  })
  const laterAddresses = new LaterAddresses({
    ...{ direct: neighbours.preferred, relayed: neighbours.relayed },
    addressesOf: (nodeId) => addressWay.targetsOf(nodeId),
    dial: (nodeId) => links.begin(nodeId, 'direct'),
  })
  const spareRouter = ownSpareRouter({ options, catalogue, neighbours, links, addressWay })
  const paths = new PathReports({ reporter: platform, linkTo: links.linkTo.bind(links), recordOf })
  const punching = new Punching({
    ...{ self, clock, maker, recordOf, machine: platform.machine, reporter: platform },
    ...{ direct: neighbours.preferred, relayed: neighbours.relayed, hostNetworks: platform.hostNetworks },
    sockets: options.isPunching ? platform.punchSockets?.(options.portMapping) : undefined,
    addresses: () => endpoints.allAddresses,
    followsInvitations: () => host.followsInvitations(),
    hasJoined: (nodeId) => neighbours.joins.hasJoined(nodeId),
    meet: (nodeId) => void links.begin(nodeId, 'relay'),
  })
  const dialer = new Dialer({
    ...{ factory: platform, self, clock, catalogue, ports, loopback, access, offers, waiters, zone },
    ...{ links, identityOf: table.identityOf.bind(table), whyUnseen: () => neighbours.whyUnseen() },
    ...{ wants: discovery.wants, avoided: new AvoidedInstances({ clock, reporter: platform }) },
    measured: { self, linkTo: links.linkTo.bind(links) },
    reports: dials,
  })
  const binder = new Binder({
    ...{ factory: platform, self, ports, catalogue, access, zone, clock, onChange },
    ...{ reporter: platform, reports: arrivals },
  })
  const endpoints: Endpoints = new Endpoints({
    ...{ maker, hasSecret: psk !== undefined },
    reports: new EndpointReports(platform),
    hostAddresses: platform.hostAddresses,
    machine: platform.machine,
    onChange: () => {
      host.onAddresses()
      punching.addressesChanged()
    },
  })
  const tickets = new TicketMaker({ identity, secret, psk, addresses: () => endpoints.addresses })
  return {
    ...{ access, catalogue, routes, neighbours, ports, binder, arrivals, dials },
    ...{
      loopback,
      offers,
      discovery,
      dialer,
      links,
      addressWay,
      spareRouter,
      forwarder,
      punching,
      endpoints,
      tickets,
    },
  }
}

/** The catalogue, what may be passed on of it, and what is reported about it. */
function catalogueParts<TSocket, TListener>(
  options: NodeOptions,
  platform: Platform<TSocket, TListener>,
  neighbours: () => Neighbours,
): { access: AccessControl; catalogue: Catalogue; reports: RegistryReports } {
  const access = new AccessControl({
    own: ownIdentity(options.identity),
    engine: options.policy,
    failures: new PolicyFailures(platform),
  })
  const passingOn = new PassingOn({
    access,
    neighbour: (nodeId) => neighbours().identityOf(nodeId),
    onWithheld: (nodeId) => reports.withheld(nodeId),
  })
  const catalogue = ownCatalogue({
    ...{ options, signatures: platform.signatures },
    onWork: () => neighbours().sync.schedule(),
    // Whom it goes to makes no difference: see PassingOn.
    mayPassOn: (_to, owner, services) => passingOn.isAllowed(owner, services),
  })
  const reports = new RegistryReports({ catalogue, reporter: platform })
  return { access, catalogue, reports }
}

/** Whether a link through routers is to be made again that has gone: it was used, and broke, and this node had made it. */
function isMissed(nodeId: NodeId, gone: GoneLink, neighbours: Neighbours): boolean {
  if (!gone.isBroken || !gone.isDialedHere || gone.usedAtMs === undefined) return false
  return neighbours.preferred.linkTo(nodeId) === undefined && !neighbours.hasLeft(nodeId)
}
