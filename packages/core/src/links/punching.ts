import type { Clock, NodeId } from '@astranet/interface'
import type { Link } from '@astranet/link'
import {
  Puncher,
  PunchCounts,
  type OwnNetwork,
  type PunchEvent,
  type PunchInspection,
  type PunchSockets,
  TrustedViews,
} from '@astranet/relay'
import type { MachineWatch } from '../node/machine-watch.js'
import type { Reporter } from '../node/reporter.js'
import type { LinkMaker } from './link-maker.js'
import { punched } from './link-path.js'
import type { LinkRecord } from './link-record.js'
import { routerViews, type RouterViews } from './own-observations.js'
import type { PreferredLinks } from './preferred-links.js'
import type { GoneLink } from './relayed-links.js'

/** What happened on the way to a direct link: `{ nodeId, kind, ... }`, as `PunchEvent` of `@astranet/relay`. */
const PUNCH = 'astranet:link:punch'

/** @internal What getting links off the routers needs of the node. */
export interface PunchingParts {
  readonly self: NodeId
  readonly clock: Clock
  /** `undefined`: the runtime has none, or the user does not want it. */
  readonly sockets: PunchSockets | undefined
  readonly hostNetworks: () => readonly OwnNetwork[]
  /** Where the node can be joined, as `network://address`. */
  readonly addresses: () => readonly string[]
  /** Whether this node may connect to nodes that it was not told to join. */
  readonly followsInvitations: () => boolean
  readonly machine: MachineWatch
  readonly reporter: Pick<Reporter, 'publish'>
  readonly direct: PreferredLinks
  readonly relayed: PreferredLinks
  readonly recordOf: (link: Link) => LinkRecord | undefined
  /** Whether a join of the program keeps a link to the node. */
  readonly hasJoined: (nodeId: NodeId) => boolean
  readonly maker: LinkMaker
  /** Begins to make a link through routers to the node. */
  readonly meet: (nodeId: NodeId) => void
}

/** @internal Tries to reach directly each node that is reached through routers only. */
export class Punching {
  readonly #parts: PunchingParts
  readonly #puncher: Puncher | undefined
  readonly #counts = new PunchCounts()
  readonly #trusted = new TrustedViews()
  #isClosed = false
  #unwatch: (() => void) | undefined = undefined
  /** How the routers saw this node, and where it could be joined, when that was last looked at. */
  #known = ''

  constructor(parts: PunchingParts) {
    this.#parts = parts
    const { sockets } = parts
    this.#puncher = sockets === undefined ? undefined : this.#makePuncher(sockets)
  }

  /** The links to the node have changed. */
  changed(nodeId: NodeId): void {
    const puncher = this.#puncher
    if (puncher === undefined || this.#isClosed) return
    const { direct, relayed } = this.#parts
    this.#lookAgain(puncher)
    const isRelayed = relayed.linkTo(nodeId) !== undefined
    if (direct.linkTo(nodeId) !== undefined) void puncher.remove(nodeId)
    else if (isRelayed && this.#parts.followsInvitations()) puncher.add(nodeId)
    // A peer that comes over a router has perhaps lost the direct link, without a trace here.
    if (isRelayed) direct.linkTo(nodeId)?.probe()
    this.#watchMachine(puncher)
  }

  /**
   * There is no link through routers to the node any more. The node that had made it goes on to wish for a direct link
   * for a while, if there is none.
   */
  gone(nodeId: NodeId, { isDialedHere, usedAtMs }: Omit<GoneLink, 'isBroken'>): void {
    const puncher = this.#puncher
    if (puncher === undefined || this.#isClosed) return
    const { direct, followsInvitations } = this.#parts
    const mayMeet = isDialedHere && followsInvitations() && direct.linkTo(nodeId) === undefined
    if (mayMeet) puncher.linger(nodeId, usedAtMs)
    else void puncher.remove(nodeId)
    this.#watchMachine(puncher)
  }

  /** Where this node can be joined has changed. */
  addressesChanged(): void {
    if (this.#puncher !== undefined && !this.#isClosed) this.#lookAgain(this.#puncher)
  }

  /** A node sent a control message over a link through routers. */
  receive(nodeId: NodeId, type: number, body: unknown): void {
    this.#puncher?.receive(nodeId, type, body)
  }

  /** How often what happened, as plain data. */
  inspect(): PunchInspection {
    return this.#counts.inspect()
  }

  /** Stops; idempotent. Resolves when no port is used any more. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#unwatch?.()
    this.#unwatch = undefined
    await this.#puncher?.close()
  }

  #makePuncher(sockets: PunchSockets): Puncher {
    const { self, clock, hostNetworks, addresses, relayed } = this.#parts
    return new Puncher({
      ...{ self, clock, sockets },
      situation: () => ({
        ...this.#views(),
        networks: hostNetworks(),
        advertised: addresses(),
      }),
      meet: (peer) => this.#parts.meet(peer),
      onLapse: () => {
        if (this.#puncher !== undefined) this.#watchMachine(this.#puncher)
      },
      send: (peer, type, body) => {
        const link = relayed.linkTo(peer)
        // A round that misses a message ends by its time. A peer that does not read must not make anything grow.
        if (link?.canSend === true) link.send(type, body)
      },
      adopt: async (peer, connection, { role, method }) => {
        const link = relayed.linkTo(peer)
        const credentials = link && this.#parts.recordOf(link)?.credentials
        // Without credentials, any node that answers would be taken for a member.
        if (credentials === undefined) throw new Error('the link that says what to prove has ended')
        const options = { credentials, expectedNodeId: peer, path: punched(method) }
        await this.#parts.maker.adopt(connection, role, options)
        this.#counts.linked(method)
      },
      // A node whose routers are all on its own machine cannot tell a peer where it is.
      isWilling: () => this.#parts.followsInvitations() && this.#views().isSeen,
      onEvent: (nodeId, event) => this.#onEvent(nodeId, event),
      randomRound: () => crypto.getRandomValues(new Uint32Array(1))[0] ?? 0,
    })
  }

  #onEvent(nodeId: NodeId, event: PunchEvent): void {
    this.#counts.count(event)
    this.#parts.reporter.publish(PUNCH, { nodeId, ...event })
  }

  #views(): RouterViews {
    const { direct, recordOf, hasJoined } = this.#parts
    const links = [...direct].map(([, link]) => link)
    const views = routerViews(links, recordOf, hasJoined)
    return { ...views, observations: this.#trusted.of(views.observations) }
  }

  /** The machine is watched only while there is a peer to reach. */
  #watchMachine(puncher: Puncher): void {
    if (puncher.isIdle) {
      this.#unwatch?.()
      this.#unwatch = undefined
    } else this.#unwatch ??= this.#parts.machine.watch({ probe: () => puncher.networkChanged() })
  }

  /** When a router sees this node elsewhere than before, or it listens elsewhere, ways that failed may be open. */
  #lookAgain(puncher: Puncher): void {
    const seen = this.#views().observations.map(({ seen: end }) => `${end.host} ${end.port}`)
    const text = [...seen, ...this.#parts.addresses()].join()
    if (text === this.#known) return
    this.#known = text
    puncher.networkChanged()
  }
}
