export { Forwarder } from './io/forwarder.js'
export type { ForwarderParts } from './io/forwarder.js'
export type { ForwarderInspection } from './io/forwarder-statistics.js'
export type { TunnelInspection } from './io/tunnel.js'
export type { HopChoiceParts } from './io/hop-choice.js'
export type { PunchEvent, PuncherParts, PunchSituation } from './io/punch/puncher-parts.js'
export { PunchCounts, type PunchInspection } from './io/punch/punch-counts.js'
export { MAX_PEERS as MAX_PUNCHED_PEERS, Puncher } from './io/punch/puncher.js'
export type { OpenOptions, PunchSockets, RoundListener } from './io/punch/punch-sockets.js'
export type { AdoptOptions } from './io/punch/round.js'
export { StreamDuplex } from './io/stream-duplex.js'
export type { StreamDuplexOptions } from './io/stream-duplex.js'
export type { TunnelEnd, TunnelEnds, TunnelSecret } from './io/tunnel-secrets.js'
export type { NextHop, TunnelRequest } from './io/tunnel-request.js'
export {
  addressFault,
  isLocalHost,
  isLoopbackHost,
  isPrivateHost,
  isPublicHost,
} from './proto/punch/address-rules.js'
export type { AddressFault, OwnNetwork } from './proto/punch/address-rules.js'
export { parseEnd, parseHost, type End } from './proto/punch/end.js'
export { isPunchType } from './proto/punch/messages.js'
export type { PunchMethod } from './proto/punch/plan.js'
export { TrustedViews, type RouterView } from './proto/punch/trusted-views.js'
export { hopFault, isLastHop } from './proto/tunnel/hop.js'
export type { HopParties, TunnelRefusal } from './proto/tunnel/hop.js'
export { resolveTunnelLimits } from './proto/tunnel/tunnel-limits.js'
export type { ResolvedTunnelLimits, TunnelLimits } from './proto/tunnel/tunnel-limits.js'
export { RouteTable } from './proto/routes/route-table.js'
export type { Route, RouteChange } from './proto/routes/route.js'
