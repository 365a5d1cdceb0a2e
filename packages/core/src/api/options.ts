import type { Clock, MemoryUse, Transport } from '@astranet/interface'
import type { DoorwaySlotsOptions } from '@astranet/link'
import type { SessionLimits } from '@astranet/mux'
import type { Policy } from '@astranet/policy'
import type { CatalogueScope } from '@astranet/registry'
import type { Identity } from '@astranet/secure'
import type { Granter } from '@astranet/ticket'
import type { Logger } from './logger.js'
import type { PortMappingOption } from './port-mapping-option.js'
import type { NodeRole } from './role.js'
import type { Variables } from './variables.js'
import type { TunnelOptions } from './tunnel-options.js'

/** Which links are encrypted; see {@link AstraNetOptions.encryption}. */
export type Encryption = 'auto' | 'always'

/** See {@link AstraNetOptions.doorway}. */
export type DoorwayLimits = Omit<DoorwaySlotsOptions, 'random'>

/** How to make a node. */
export interface AstraNetOptions {
  /**
   * The ways in which it joins and can be joined. The name of a network chooses the first transport that has it.
   * Default on Node `[tcp(), ws()]`: `tcp`, `tcp4`, `tcp6`, `unix`, `ws` and `wss`; in browsers `[ws()]`.
   */
  transports?: readonly Transport[]
  /**
   * A text that the nodes of the network know, and only they: at least 16 characters without white space at the ends;
   * the command `astranet-secret` makes a good one. Each link, over any transport and over attached pipes, is made
   * only after both sides have proved that they know it, or one has shown a grant; otherwise both get
   * `ASTRA_ERR_LINK_AUTHENTICATION`. The secret is stretched once for each node, with its first link, which takes some
   * 0.2 s. Default: none, and every node that can connect is a member. Links are encrypted with and without a secret.
   */
  secret?: string
  /**
   * `'auto'`: every link is encrypted, except over pipes that both ends know to be private (memory, MessagePort, Unix
   * socket, loopback address) or whose TLS both ends have proved to share. `'always'`: those are encrypted too.
   * Default `'auto'`.
   */
  encryption?: Encryption
  /**
   * The Ed25519 key pair that the node proves, and of which its node id is a hash: an `Identity` of
   * `@astranet/secure`, or where one is kept. On Node that is the path of a file, which is made with mode 0600 when it
   * is not there (`openIdentityFile`), and the constructor reads it within the call. In browsers it is a name in
   * IndexedDB (`openIdentity`). A text that holds no identity is `ASTRA_ERR_SECURE_IDENTITY`; errors of the file system
   * keep Node's code. Browsers make and read keys asynchronously only: there `nodeId` is
   * known once `ready` has resolved. Default: a new identity, for this node's life only.
   *
   * Two nodes that run at the same time must not have the same identity: both report it, on the diagnostics channel
   * `astranet:node:conflict` and with the process warning `ASTRA_WARN_ID_CONFLICT`.
   */
  identity?: string | Identity
  /**
   * Who may link, dial and offer: functions, or a list of rules, as `@astranet/policy` describes them. A peer is seen
   * with the roles of its grant, and a list adds its own. It is asked about this node as well: `bind` of a service that
   * it may not offer is `EACCES`, and so is a dial of itself that it may not make. What fails to answer (an error, a
   * value that is no decision, no answer to `mayLink` within `helloTimeoutMs`) is not allowed, and the first error is
   * the process warning `ASTRA_WARN_POLICY`. `AstraNet.setPolicy` replaces it. Default: all is allowed.
   */
  policy?: Policy
  /**
   * What the node does for the network:
   * - `'router'`: it passes on what others offer, so that nodes without a link find each other;
   * - `'node'`: it receives everything that its neighbours pass on, and passes on nothing;
   * - `'leaf'`: it passes on nothing, and receives only what it asks for.
   *
   * `AstraNet.router()` and `AstraNet.client()` set it likewise. Default `'node'`, in browsers `'leaf'`.
   */
  role?: NodeRole
  /**
   * How much the node holds of what others offer. `'wanted'`: the services that its program dials, waits for, resolves
   * or watches, asked of its first router. A name that was dialed is kept for 60 s. Of more than 1,000 names the one
   * dialed longest ago is dropped; when all of them are waited for or watched, the node asks for everything. `'all'`:
   * everything that its neighbours pass on. A router always holds all. Default `'wanted'` for a leaf, otherwise `'all'`.
   */
  catalogue?: CatalogueScope
  /**
   * Where the node runs, as the network names its zones, for example a data centre: published with its services, unless
   * they have a zone of their own, and known to the selectors of its dials (`zoneFirst`). 0 to 255 bytes of UTF-8.
   * Default `''`: unknown.
   */
  zone?: string
  /**
   * How many streams of peers may wait at this node, for the rest of their header or in the backlogs of listeners; 1 to
   * 2^31 - 1. A peer may have as many as are free, so one peer gets half of them at most. Further ones are refused
   * (`ECONNREFUSED` at the dialer) or, before their header has arrived, reset. Default 65,536.
   */
  maxPendingStreams?: number
  /**
   * Limits for accepted connections that are not links yet, as in `DoorwaySlotsOptions` of `@astranet/link`:
   * `maxPerStage` 1,024, `maxPerHost` 64, `handshakesPerSecond` 64 (of one host), `totalHandshakesPerSecond` 1,024. A
   * connection beyond them gets `ASTRA_ERR_LINK_BUSY`. Raise those of one host where many nodes share one address, as
   * behind a NAT or a reverse proxy.
   */
  doorway?: DoorwayLimits
  /**
   * The nodes whose grants let others in here, beside this node itself: public keys of 32 bytes, or node ids. A grant
   * of another node is refused; through routers that vouch for it, its holder comes in without the grant's roles.
   * Default none. Grants need a network with a secret.
   */
  granters?: readonly Granter[]
  /**
   * How many links the node has at the same time, dialed and accepted, 1 to 1,048,576. One more peer is refused, and
   * gets `ASTRA_ERR_LINK_BUSY` with a sentence; its dials get `EHOSTUNREACH`. One sixteenth of the places, and at least
   * one when there are two, is for joins of this node, so that others cannot keep it from joining; attached pipes have
   * no part in it. Links that others make through routers have half of the other places. When these are full, a node
   * that comes over another router gets a place of the router that has the most, and there of that router's neighbour
   * that has the most. A peer that has a link may have one beyond the limit, so that it can come back after a restart.
   * There are at most two links to one peer: a third one closes one of the other two. Default 1,024. Raise it where
   * more than 480 clients reach this node through routers only.
   */
  maxLinks?: number
  /**
   * Upper limit of unread bytes, plus the bytes that peers are allowed to send, of all links together, in bytes; from
   * 65,536. Default 268,435,456 (256 MiB).
   */
  maxReceiveBufferBytes?: number
  /**
   * Limits of each link's session; see `@astranet/mux`. `maxConcurrentStreams` is at least 3 here: one stream of the
   * link, one of the peer's registry, and one for the peer's dials.
   */
  sessionLimits?: Omit<SessionLimits, 'memoryBudget'>
  /**
   * Links through routers: how long this node keeps one that is idle, and, for a router, how much it forwards for
   * others.
   */
  tunnels?: TunnelOptions
  /**
   * Whether the node tries to reach those nodes directly that it reaches through routers: by addresses of the local
   * network and such that the other node advertises, and through NATs, by connecting from both sides at once. Both nodes
   * must agree, and it takes a router that is not on this node's own machine. It listens on a free port of all addresses
   * for some seconds at a time, and sends at most 20,000 SYNs a minute. `false`: links through routers stay what they
   * are. Default `true`; browsers cannot.
   */
  holePunching?: boolean
  /**
   * Whether the node connects to nodes that its program has not joined: at the addresses that they advertise, and by
   * hole punching. `false`: it connects only where its program joins, and reaches the others by the links that they
   * make and through routers; `AstraNet.server()` does the same. Default `true`.
   */
  invitations?: boolean
  /**
   * Whether a node that has joined one router keeps a link to a second one, which it learns from the catalogue: then
   * dials go on at once when one of the two fails. It dials an address that the other router advertises. Without effect
   * for routers, for leaves, which know no other routers, and where `maxLinks` leaves no place. Default true.
   */
  spareRouter?: boolean
  /**
   * Whether the node asks the gateway of its network, by PCP, NAT-PMP or UPnP, to forward a port to it while it tries
   * to reach a node directly, for two minutes at most; `{ gateway }` names it where the default route does not (all
   * systems but Linux). Off by default, because it changes what the gateway lets in. Without effect with
   * `holePunching: false`.
   */
  portMapping?: PortMappingOption
  /**
   * How long a new connection may take until both sides have admitted each other, in whole ms, 1 to 2^31 - 1. Then it
   * is closed. Default 10,000.
   */
  helloTimeoutMs?: number
  /**
   * Whether the process keeps memory that is freed after reading from sockets, on Linux. `'fast'` lets `malloc` keep
   * up to 48 MiB for each thread that allocates; receiving much is then up to 1.5 times as fast. `'lean'` leaves
   * `malloc` alone: for a process where memory matters more, such as one of many on a machine. It applies to the
   * default transports and to attached Node streams; transports given in `transports` have an option of their own. A
   * process has one `malloc`: one user of `'fast'` decides for the whole process. Default `'fast'`.
   */
  memory?: MemoryUse
  /**
   * The environment variables that the node reads when it is made, and acts on when its program first dials, binds,
   * joins, listens or looks at the network:
   * - `MPXROUTER`: `host:port` of a node to join over `tcp4`, as in the Go package;
   * - `SKYNET_BIND`: `host:port` or `:port` at which to listen over `tcp4`, likewise; without effect for `client()`;
   * - `ASTRANET_JOIN`: what to join, as the first argument of `join` in short: addresses, domains or tickets, separated
   *   by commas or white space;
   * - `ASTRANET_LISTEN`: where to listen, in the same way; without effect for `client()`;
   * - `ASTRANET_SECRET`: the network's secret, unless the option `secret` is given.
   *
   * Empty ones count as absent. A value that is wrong is a TypeError or RangeError of the constructor that names the
   * variable (`ASTRA_ERR_TICKET_INVALID` for a ticket). Joins of variables keep trying from the first attempt on. When
   * the node cannot listen at an address, it emits the process warning `ASTRA_WARN_VARIABLE`; likewise when the first
   * attempt of a join fails, and when one of the first two is set and the node has no network `tcp4`. What they begin
   * keeps no process alive. `{}`: none are read. Default `process.env`; browsers have none.
   */
  variables?: Variables
  /**
   * Where the node writes what an operator should know: `console`, `pino()`, or another logger ({@link Logger}). Links
   * and joins that come and go are `info`, those that fail are `warn`, as are process warnings; what is broken is
   * `error`; ports and paths are `debug`. Dials and streams are not logged, and nothing has a secret or a ticket in it.
   * Fields are those of the diagnostics channels, with `event` (the channel), `err`, and node ids as texts. Default:
   * none.
   */
  logger?: Logger
  /** Default: the system's. */
  clock?: Clock
}

/** @internal Makes the transports of a node that was given none. */
export type DefaultTransports = (options: AstraNetOptions) => readonly Transport[]
