import type { Clock, Connection, NodeId } from '@astranet/interface'
import type { OwnNetwork } from '../../proto/punch/address-rules.js'
import type { LeftOut } from '../../proto/punch/candidates.js'
import type { End } from '../../proto/punch/end.js'
import type { Observation } from '../../proto/punch/nat-facts.js'
import type { PunchRefusal } from '../../proto/punch/negotiation.js'
import type { PunchSockets } from './punch-sockets.js'
import type { AdoptOptions } from './round.js'

/** What a node knows about where it is. */
export interface PunchSituation {
  /** The networks that the machine is in, without loopback and link-local ones. */
  readonly networks: readonly OwnNetwork[]
  /** Links to routers, the newest last. */
  readonly observations: readonly Observation[]
  /** The routers' ends of these links. */
  readonly relays: readonly End[]
  /** Where the node can be joined, as `network://address`. */
  readonly advertised: readonly string[]
}

/** What happened with a peer; for logs and counters. */
export type PunchEvent =
  /** Both have agreed, and try. */
  | { readonly kind: 'begun' }
  | { readonly kind: 'failed'; readonly text: string }
  /** A message of the peer was refused. */
  | { readonly kind: 'refused'; readonly refusal: PunchRefusal; readonly text: string }
  /** Addresses that the peer gave are not dialed. */
  | { readonly kind: 'leftOut'; readonly leftOut: readonly LeftOut[] }

/** What punching needs of its node. */
export interface PuncherParts {
  readonly self: NodeId
  readonly clock: Clock
  readonly sockets: PunchSockets
  readonly situation: () => PunchSituation
  /**
   * Begins to make a link through routers to a peer that has none; `add` follows when it is open. Called for a peer
   * that is still wished for ({@link Puncher.linger}) when the next try is due.
   */
  readonly meet: (peer: NodeId) => void
  /** The wish for a direct link to the peer has ended without one. */
  readonly onLapse: (peer: NodeId) => void
  /** Sends a control message to the peer over a link that exists. */
  readonly send: (peer: NodeId, type: number, body: readonly unknown[]) => void
  /** Makes a link to this peer, and to no other, of a connection. */
  readonly adopt: (peer: NodeId, connection: Connection, options: AdoptOptions) => Promise<unknown>
  /** Whether this node makes a direct link to the peer: its policy may say no. */
  readonly isWilling: (peer: NodeId) => boolean
  readonly onEvent: (peer: NodeId, event: PunchEvent) => void
  /** A random integer from 0 to 2^32 - 1. */
  readonly randomRound: () => number
}
