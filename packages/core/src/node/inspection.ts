import type { NodeId } from '@astranet/interface'
import type { PipeProtection } from '@astranet/link'
import type { CatalogueRole, RegistryInspection, ServiceInstance } from '@astranet/registry'
import type { ForwarderInspection, PunchInspection, Route, TunnelInspection } from '@astranet/relay'
import type { DialInspection } from '../dial/dial-reports.js'
import type { JoinInspection } from '../links/join-inspection.js'
import type { LinkPath } from '../links/link-path.js'
import type { Traffic } from '../links/link-reports.js'
import type { AddressInspection } from '../links/ways/address-way.js'
import type { ListenerCounts } from '../listen/listener-reports.js'
import type { CodeCounts } from './code-counts.js'

/** One open link of a node, as plain data. */
export interface LinkInspection extends Traffic {
  /** The node at the other end. */
  readonly nodeId: NodeId
  readonly remoteAddress: string
  /** Whether this node has dialed it. */
  readonly isDialedHere: boolean
  readonly path: LinkPath
  /** Whether new streams go over it. */
  readonly isPreferred: boolean
  /** What the other node does for the network, as it says. */
  readonly role: CatalogueRole
  readonly incarnation: number
  readonly security: PipeProtection
  /** The round trip in ms, as it was measured last; `undefined` before. */
  readonly rttMs: number | undefined
  /** Streams that are open, those of the link itself among them. */
  readonly openStreams: number
}

/** What has become of the links of a node so far. The numbers never fall. */
export interface LinkCounts {
  readonly opened: number
  /** By the code of the error that ended them; `'none'` when a node closed them in order. */
  readonly closed: CodeCounts
  /** Accepted connections that did not become links, by the error's code. */
  readonly refused: CodeCounts
}

/** Where other nodes can join, as plain data. */
export interface EndpointInspection {
  readonly network: string
  readonly address: string
}

/** A bound port, as plain data. */
export interface ListenerInspection {
  readonly port: number
  /** `undefined`: it was bound without a name. */
  readonly service: string | undefined
  readonly environment: string
  /** Streams that wait to be accepted, and how many may. */
  readonly waiting: number
  readonly backlog: number
  /** Sockets that were handed out and are not destroyed; 0 in browsers, whose sockets do not report their end. */
  readonly sockets: number
}

/** The streams of a node, by what they do now. */
export interface StreamInspection {
  /** Those of all links, and those of the node with itself. */
  readonly open: number
  /** Those that peers have opened and that wait, for the rest of their header or to be accepted; and how many may. */
  readonly waiting: number
  readonly maxWaiting: number
}

/** What a node holds in memory, in bytes. */
export interface MemoryInspection {
  /** Received and unread, and what peers may still send, of all links; and the limit (`maxReceiveBufferBytes`). */
  readonly receiveBytes: number
  readonly maxReceiveBytes: number
  /** What others offer. */
  readonly catalogueBytes: number
  /** What waits in tunnels that this node forwards. */
  readonly tunnelBytes: number
}

/** What a node knows and does at a moment, as plain data. The numbers may change their meaning from version to version. */
export interface NodeInspection {
  readonly nodeId: NodeId
  /** The part of the network's catalogue that the node holds, and the exchange with its neighbours. */
  readonly registry: RegistryInspection
  readonly links: readonly LinkInspection[]
  /**
   * Bytes of all links that this node has had, those of the open ones included. The bytes of links through routers are
   * counted once, on the link to the router.
   */
  readonly traffic: Traffic
  /** The services of all environments that are visible now, those included that the policy does not let be offered. */
  readonly services: readonly ServiceInstance[]
  /** The other nodes that can be reached, and how; see `AstraNet.routes`. */
  readonly routes: readonly Route[]
  /** What it forwards for others. */
  readonly forwarding: ForwarderInspection
  /** What became of the addresses that other nodes advertise. */
  readonly advertised: AddressInspection
  /** How it tried to reach other nodes without routers. */
  readonly punching: PunchInspection
  /** The tunnels that it forwards. */
  readonly tunnels: readonly TunnelInspection[]
  /** What has become of links and connections so far. */
  readonly linkCounts: LinkCounts
  readonly endpoints: readonly EndpointInspection[]
  readonly listeners: readonly ListenerInspection[]
  readonly streams: StreamInspection
  readonly memory: MemoryInspection
  readonly dials: DialInspection
  /** What arrived at bound ports so far. */
  readonly arrivals: ListenerCounts
  /** The joins that are not over, those that the environment variables ask for among them. */
  readonly joins: readonly JoinInspection[]
}
