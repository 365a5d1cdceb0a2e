import type { ByteDuplex, NodeId, Transport } from '@astranet/interface'
import type { Catalogue } from '@astranet/registry'
import type { OwnNetwork } from '@astranet/relay'
import type { AccessControl } from '../access/access-control.js'
import { HeldStreams } from '../access/held-streams.js'
import type { JoinOptions } from '../api/join-options.js'
import type { CheckedLeaveOptions } from '../api/leave-options.js'
import { nodeClosed, nodeLeft } from '../api/net-error.js'
import type { AtExit } from '../node/at-exit.js'
import type { MachineWatch } from '../node/machine-watch.js'
import type { NodeOptions } from '../node/node-options.js'
import { OwnIntroduction } from '../node/own-introduction.js'
import type { Reporter } from '../node/reporter.js'
import { Admission } from './admission.js'
import { Conflicts } from './conflicts.js'
import { credentialsForOthers, provesSomething } from './credentials-for-others.js'
import { drain } from './drain.js'
import { ExitWithdrawal } from './exit-withdrawal.js'
import { Grants } from './grants.js'
import type { StreamTakers } from './incoming-stream.js'
import { planOfTicket, textOfTarget, type JoinPlan } from './join-plan.js'
import { JoinReports } from './join-reports.js'
import { Joins } from './joins.js'
import { LeftNodes } from './left-nodes.js'
import { LinkEvents } from './link-events.js'
import { LinkMaker } from './link-maker.js'
import { LinkReports } from './link-reports.js'
import { LinkTable } from './link-table.js'
import { PreferredLinks } from './preferred-links.js'
import { RelayedLinks, type GoneLink } from './relayed-links.js'
import type { RegistryReports } from './registry-reports.js'
import { RegistrySync } from './registry-sync.js'
import type { AdmittedIdentity } from './remote-identity.js'
import { StandIns } from './stand-ins.js'
import { ToldAddresses } from './told-addresses.js'
import { whyUnseen } from './why-unseen.js'

/** @internal What the neighbours of a node need of it. */
export interface NeighboursParts {
  readonly options: NodeOptions
  readonly platform: Reporter & {
    readonly atExit: AtExit
    readonly machine: MachineWatch
    readonly hostNetworks: () => readonly OwnNetwork[]
  }
  readonly catalogue: Catalogue
  readonly access: AccessControl
  readonly reports: RegistryReports
  /** What the node does with each kind of stream that a neighbour opens. */
  readonly streams: StreamTakers
  /** Where others can join the node. */
  readonly addresses: () => readonly string[]
  readonly transportFor: (network: string) => Transport
  /** There is a link to a node where there was none, another one is preferred now, or there is none any more. */
  readonly onPreferred: (nodeId: NodeId) => void
  /** There is no link through routers to the node any more; after `onPreferred`. */
  readonly onRelayedGone: (nodeId: NodeId, link: GoneLink) => void
  /** A node sent a control message over a link through routers. */
  readonly onRelayedMessage: (nodeId: NodeId, type: number, body: unknown) => void
  /** What the catalogue knows of nodes and links has changed: another node may be reached now. Once in a turn. */
  readonly onGraph: () => void
  /** Whether this node connects to nodes that it was not told to join. */
  readonly followsInvitations: () => boolean
  /** Throws when the node is closed. */
  readonly checkOpen: (syscall: string, address: string) => void
}

/** @internal The nodes to which a node has links: puts the parts together that make, choose and keep links. */
export class Neighbours {
  readonly preferred: PreferredLinks
  /** Links through routers. */
  readonly relayed: RelayedLinks
  readonly table: LinkTable
  readonly maker: LinkMaker
  readonly sync: RegistrySync
  readonly joins: Joins
  readonly linkReports: LinkReports
  /** Streams of peers that wait here. */
  readonly held: HeldStreams
  readonly #parts: NeighboursParts
  readonly #events: LinkEvents
  readonly #told: ToldAddresses
  readonly #left: LeftNodes = new LeftNodes()
  readonly #standIns: StandIns
  readonly #introduction: OwnIntroduction
  #isGraphPending = false
  #cameInByTicket = false

  constructor(parts: NeighboursParts) {
    this.#parts = parts
    const { options, platform, catalogue, access, streams, addresses, onPreferred } = parts
    const { clock, identity } = options
    const { nodeId: self, publicKey } = identity
    this.#introduction = new OwnIntroduction(catalogue, addresses)
    const introduction = this.#introduction.current.bind(this.#introduction)
    const preferred = new PreferredLinks({
      ...{ self, clock },
      onPreferred: (nodeId, link) => {
        this.#left.delete(nodeId)
        this.sync.up(nodeId, link)
        withdrawal.changed()
        onPreferred(nodeId)
      },
      onLost: (nodeId) => {
        this.sync.down(nodeId)
        withdrawal.changed()
        onPreferred(nodeId)
      },
    })
    this.preferred = preferred
    this.linkReports = new LinkReports(platform)
    const idleMs = options.tunnelIdleMs
    const relayed = new RelayedLinks({
      ...{ self, clock, idleMs, onChange: onPreferred },
      onGone: (nodeId, link) => parts.onRelayedGone(nodeId, link),
    })
    this.relayed = relayed
    this.held = new HeldStreams(options.maxPendingStreams)
    const table = new LinkTable()
    this.table = table
    const events = new LinkEvents({
      ...{ table, introduction, preferred, relayed, streams, onRelayedMessage: parts.onRelayedMessage },
      held: this.held,
      admission: new Admission({
        maxLinks: options.maxLinks,
        grants: new Grants([...options.granters, publicKey]),
        linkRefusal: access.linkRefusal.bind(access),
      }),
      conflicts: new Conflicts(self, platform),
      reports: this.linkReports,
      registry: {
        receive: (nodeId, link, message) => this.sync.receive(nodeId, link, message),
        onIncarnation: (nodeId, link) => this.sync.onIncarnation(nodeId, link),
        onWritable: (nodeId, link) => this.sync.onWritable(nodeId, link),
      },
    })
    const credentials = { psk: options.psk }
    const { atExit, machine } = platform
    this.#events = events
    const maker = new LinkMaker({ ...options, credentials, introduction, table, events, atExit, machine })
    this.maker = maker
    const patienceMs = options.helloTimeoutMs
    const { reports } = parts
    const sync = new RegistrySync({ catalogue, table, preferred, reports, clock, patienceMs })
    this.sync = sync
    const withdrawal = new ExitWithdrawal({ catalogue, sync, preferred, clock, atExit })
    const current = sync.current.bind(sync)
    const recordOf = table.recordOf.bind(table)
    const told = new ToldAddresses({
      ...{ clock, catalogue, direct: preferred, recordOf, hostNetworks: platform.hostNetworks },
      transportOf: (name) => options.transports.find(({ networks }) => networks.includes(name)),
      followsInvitations: parts.followsInvitations,
    })
    this.#told = told
    this.#standIns = new StandIns({
      ...{ maker, preferred },
      credentialsAfter: (joined) =>
        credentialsForOthers({
          own: credentials,
          links: joined === undefined ? [] : [joined],
          cameInByTicket: this.#cameInByTicket,
        }),
      routers: () => told.routers.filter(({ nodeId }) => !this.hasLeft(nodeId)),
    })
    this.joins = new Joins({
      ...{ maker, preferred, clock, random: Math.random, current, standIns: this.#standIns },
      reports: new JoinReports(platform),
      toldBy: told.of.bind(told),
    })
    catalogue.watchGraph(() => this.#onGraph())
  }

  /** The neighbour with that id, as this node has admitted it. */
  identityOf(nodeId: NodeId): AdmittedIdentity | undefined {
    const link = this.preferred.linkTo(nodeId)
    return link === undefined ? undefined : this.table.identityOf(link)
  }

  /** See `AstraNet.join`. */
  async join(network: string, address: string, options: JoinOptions): Promise<NodeId> {
    const target = { transport: this.#parts.transportFor(network), network, address }
    const plan = { key: textOfTarget(target), targets: [target], credentials: undefined }
    return await this.#join(plan, options)
  }

  /** See `AstraNet.join`. */
  async joinByTicket(ticket: string, options: JoinOptions): Promise<NodeId> {
    const { transportFor, options: own } = this.#parts
    return await this.#join(await planOfTicket(ticket, { transportFor, own: { psk: own.psk } }), options)
  }

  /** Whether the program has joined by a ticket, with its secret or grant. */
  get cameInByTicket(): boolean {
    return this.#cameInByTicket
  }

  /** See `AstraNet.leave`. Resolves with the number of links when they have closed. */
  async leave(nodeId: NodeId, { reason, drainMs }: CheckedLeaveOptions): Promise<number> {
    const { table } = this
    this.joins.leave(nodeId, nodeLeft(nodeId))
    this.#left.add(nodeId)
    const links = [...table.linksTo(nodeId)]
    if (drainMs > 0 && links.length > 0) {
      for (const link of links) this.#events.onGoAway(link)
      await drain(links, this.#parts.options.clock, drainMs).done
    }
    await Promise.all(links.map((link) => table.refuse(link, reason)))
    return links.length
  }

  /** Whether the program has left the node, and there was no link to it since: it is not linked again by itself. */
  hasLeft(nodeId: NodeId): boolean {
    return this.#left.has(nodeId)
  }

  /** Why this node may not see a node or service of its network; `undefined`: for no reason of its own. */
  whyUnseen(): string | undefined {
    const { preferred, joins } = this
    return whyUnseen({ preferred, joins, role: this.#parts.catalogue.role })
  }

  /** Makes and keeps no more links by itself; pending joins reject. */
  stopJoins(): void {
    this.#standIns.stop()
    this.#told.close()
    this.joins.stop(({ targets }) => nodeClosed('join', targets[0]?.address ?? ''))
  }

  /** See `AstraNet.attach`. */
  async attach(duplex: ByteDuplex, signal: AbortSignal | undefined): Promise<NodeId> {
    try {
      const nodeId = await this.maker.adopt(duplex, 'either', { signal })
      await this.sync.current(nodeId, signal)
      if (this.table.isClosed) throw nodeClosed('attach', duplex.remoteAddress)
      return nodeId
    } catch (error) {
      throw this.table.isClosed ? nodeClosed('attach', duplex.remoteAddress, error) : error
    }
  }

  async #join(plan: JoinPlan, options: JoinOptions): Promise<NodeId> {
    const { address } = plan.targets[0] ?? { address: '' }
    // The node may have been closed while the ticket was read.
    this.#parts.checkOpen('join', address)
    if (plan.credentials !== undefined && provesSomething(plan.credentials)) this.#cameInByTicket = true
    const nodeId = await this.joins.start(plan, options)
    if (this.table.isClosed) throw nodeClosed('join', address)
    return nodeId
  }

  /** What the catalogue knows of nodes and links has changed; called after each call that changed it. */
  #onGraph(): void {
    const incarnation = this.#introduction.takeNewIncarnation()
    if (incarnation !== undefined) this.table.announceIncarnation(incarnation)
    if (this.#isGraphPending) return
    this.#isGraphPending = true
    this.#parts.options.clock.defer(() => {
      this.#isGraphPending = false
      this.#parts.reports.graphChanged()
      this.joins.learn()
      this.#told.changed()
      this.#parts.onGraph()
    })
  }
}
