export { AstraNet } from './nodejs/astra-net.js'
export type { AttachOptions } from './api/attach-options.js'
export type { CloseOptions } from './api/close-options.js'
export type { LinkPath, DialPath } from './links/link-path.js'
export type { TunnelOptions } from './api/tunnel-options.js'
export type { AstraNetOptions, DoorwayLimits, Encryption } from './api/options.js'
export type { DialOptions } from './api/dial-options.js'
export type { SocketOptions } from './api/socket-options.js'
export type { BindOptions } from './api/bind-options.js'
export type {
  HealthByFunction,
  HealthByHttp,
  HealthByTcp,
  HealthCheckFunction,
  HealthOptions,
  HealthTiming,
} from './health/health-options.js'
export type { ServiceFacts } from './api/service-facts.js'
export type { NodeRole } from './api/role.js'
export type { CatalogueScope, RegistryInspection } from '@astranet/registry'
export type { Traffic } from './links/link-reports.js'
export type {
  EndpointInspection,
  LinkCounts,
  LinkInspection,
  ListenerInspection,
  MemoryInspection,
  NodeInspection,
  StreamInspection,
} from './node/inspection.js'
export type { Metric, MetricValue } from './node/metrics.js'
export type { CodeCounts } from './node/code-counts.js'
export type { DialInspection } from './dial/dial-reports.js'
export type { ListenerCounts } from './listen/listener-reports.js'
export type { ChangeIterator } from './discovery/change-iterator.js'
export type { ResolveOptions, WaitForOptions } from './discovery/lookup-options.js'
export { RoutesMap } from './discovery/routes-map.js'
export type { InstanceFilter, ServiceFilter } from './discovery/service-filter.js'
export { ServiceMap } from './discovery/service-map.js'
export type { WatchOptions, WatchServicesOptions } from './discovery/service-map.js'
export type { SetPolicyOptions } from './api/policy-options.js'
export { Forward } from './nodejs/forward/forward.js'
export type { ForwardOptions } from './nodejs/forward/forward.js'
export type { LocalProxy, ProxyFailure, ProxyInspection } from './nodejs/forward/local-proxy.js'
export type { ProxyCloseOptions, ProxyOptions } from './nodejs/forward/proxy-options.js'
export { Publication } from './nodejs/forward/publication.js'
export type { PublishOptions } from './nodejs/forward/publication.js'
export type { DispatcherOptions } from './nodejs/http/dispatcher.js'
export type { HttpAgent, HttpAgentOptions } from './nodejs/http/http-agent.js'
export type { HttpHandler } from './nodejs/http/http-net.js'
export { Listener } from './nodejs/listener.js'
export type { ListenerAddress } from './api/listener-address.js'
export { Socket } from './nodejs/socket.js'
export type {
  NetModule,
  NetModuleServer,
  NetModuleServerClass,
  NetModuleSocket,
  NetModuleSocketClass,
} from './nodejs/net/module-types.js'
export type { SocketEnds } from './api/socket-ends.js'
export type { RemoteIdentity } from './links/remote-identity.js'
export { Endpoint } from './endpoints/endpoint.js'
export type { ListenAndServeOptions } from './api/listen-and-serve-options.js'
export type { JoinOptions } from './api/join-options.js'
export type { JoinInspection } from './links/join-inspection.js'
export type { DrainOptions } from './api/drain-options.js'
export type { LeaveOptions } from './api/leave-options.js'
export type { Logger } from './api/logger.js'
export type { Variables } from './api/variables.js'
export type {
  Explanation,
  Policy,
  PolicyFunctions,
  PolicyList,
  PolicyPeer,
  PolicyQuestion,
  PolicyService,
} from '@astranet/policy'
export type { GrantOptions, TicketOptions } from './api/ticket-options.js'
export { NetError } from './api/net-error.js'
export type { NetErrorDetails } from './api/net-error.js'
export { formatNodeId, parseNodeId, toNodeId } from '@astranet/interface'
export { nodeIdsAsText } from './api/node-ids-as-text.js'
export type {
  ByteDuplex,
  Clock,
  MemoryUse,
  NodeId,
  PeerCertificate,
  PipeSecurity,
  Transport,
} from '@astranet/interface'
export type { PipeProtection } from '@astranet/link'
export type { Pipe, SessionLimits } from '@astranet/mux'
export {
  eligible,
  hashRing,
  leastStreams,
  lowestRtt,
  randomChoice,
  roundRobin,
  twoChoices,
  weighted,
  zoneFirst,
} from '@astranet/registry'
export type {
  Selector,
  SelectorContext,
  ServiceChange,
  ServiceHealth,
  ServiceInstance,
} from '@astranet/registry'
export { generateIdentity, generateSecret, importIdentity } from '@astranet/secure'
export type { Identity } from '@astranet/secure'
export type { Granter } from '@astranet/ticket'
export type { ForwarderInspection, Route, RouteChange, TunnelInspection } from '@astranet/relay'
