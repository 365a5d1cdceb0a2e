export { Catalogue } from './proto/catalogue.js'
export type { Route } from './proto/catalogue.js'
export type { RegistryCrypto, RegistrySigner } from './proto/crypto.js'
export type { NeighbourInspection, RegistryInspection } from './proto/inspection.js'
export type {
  CatalogueOptions,
  CatalogueRole,
  CatalogueRoleOptions,
  CatalogueScope,
  NeighbourFacts,
  ServiceFilter,
  ServiceName,
  ServiceOptions,
} from './proto/model/catalogue-options.js'
export { MAX_MESSAGE_BYTES } from './proto/model/limits.js'
export type { CatalogueLimits } from './proto/model/limits.js'
export type { Refused, Report } from './proto/report.js'
export type { RegistryMessage } from './proto/sync/messages.js'
export type { PlainValue } from './proto/model/plain-value.js'
export type { ServiceChange, ServiceInstance } from './proto/view/service-index.js'
export type { LinkRecord, NodeRecord } from './proto/model/record.js'
export { rendezvous, roundRobin, weightedRandom } from './proto/view/selectors.js'
export type { Selector } from './proto/view/selectors.js'
export type { Watch } from './proto/view/watch.js'
export type { Want } from './proto/want.js'
