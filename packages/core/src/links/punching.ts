import type { Clock, NodeId } from '@astranet/interface'
import { CloseCode, linkError, type Link, type LinkRole } from '@astranet/link'
import {
  Puncher,
  PunchCounts,
  type OwnNetwork,
  type PunchEvent,
  type PunchInspection,
  type PunchSockets,
} from '@astranet/relay'
import type { MachineWatch } from '../node/machine-watch.js'
import type { Reporter } from '../node/reporter.js'
import type { LinkCredentials } from './link-credentials.js'
import type { LinkMaker } from './link-maker.js'
import { punched } from './link-path.js'
import type { LinkRecord } from './link-record.js'
import { routerViews, type RouterViews } from './own-observations.js'
import type { PreferredLinks } from './preferred-links.js'

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
  readonly maker: LinkMaker
}

/**
 * The role in a connection of a round. A node that presents a grant and does not know the network's secret is always
 * the dialer, so it is never both, and accepts no connection: then this throws.
 */
function roleWith(credentials: LinkCredentials | undefined, role: LinkRole): LinkRole {
  if (credentials?.grant === undefined || credentials.psk !== undefined || role === 'dialer') return role
  if (role === 'either') return 'dialer'
  throw linkError(CloseCode.REFUSED, 'a node that came in by a grant accepts no links')
}

/** @internal Tries to reach directly each node that is reached through routers only. */
export class Punching {
  readonly #parts: PunchingParts
  readonly #puncher: Puncher | undefined
  readonly #counts = new PunchCounts()
  #isClosed = false
  #unwatch: (() => void) | undefined = undefined
  /** How the routers saw this node when that was last looked at. */
  #seen = ''

  constructor(parts: PunchingParts) {
    this.#parts = parts
    const { sockets } = parts
    this.#puncher = sockets === undefined ? undefined : this.#makePuncher(sockets)
  }

  /** The links to the node have changed. */
  changed(nodeId: NodeId): void {
    const puncher = this.#puncher
    if (puncher === undefined || this.#isClosed) return
    const { direct, relayed, machine } = this.#parts
    this.#lookAgain(puncher)
    const isWanted = this.#parts.followsInvitations()
    const isRelayedOnly = direct.linkTo(nodeId) === undefined && relayed.linkTo(nodeId) !== undefined
    if (isRelayedOnly && isWanted) puncher.add(nodeId)
    else void puncher.remove(nodeId)
    // A peer that comes over a router has perhaps lost the direct link, without a trace here.
    if (relayed.linkTo(nodeId) !== undefined) direct.linkTo(nodeId)?.probe()
    // The machine is watched only while there is a peer to reach.
    if (puncher.isIdle) {
      this.#unwatch?.()
      this.#unwatch = undefined
    } else this.#unwatch ??= machine.watch({ probe: () => puncher.networkChanged() })
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
      send: (peer, type, body) => void relayed.linkTo(peer)?.send(type, body),
      adopt: async (peer, connection, { role, method }) => {
        const link = relayed.linkTo(peer)
        const credentials = link === undefined ? undefined : this.#parts.recordOf(link)?.credentials
        const options = { credentials, expectedNodeId: peer, path: punched(method) }
        await this.#parts.maker.adopt(connection, roleWith(credentials, role), options)
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
    const { direct, recordOf } = this.#parts
    return routerViews(
      [...direct].map(([, link]) => link),
      recordOf,
    )
  }

  /** When a router sees this node elsewhere than before, ways that failed may be open. */
  #lookAgain(puncher: Puncher): void {
    const seen = this.#views()
      .observations.map(({ seen: end }) => `${end.host} ${end.port}`)
      .join()
    if (seen === this.#seen) return
    this.#seen = seen
    puncher.networkChanged()
  }
}
