export { Catalogue } from './proto/catalogue.js'
export type { Refused } from './proto/catalogue.js'
export type {
  CatalogueOptions,
  ServiceFilter,
  ServiceName,
  ServiceOptions,
} from './proto/catalogue-options.js'
export { MAX_MESSAGE_BYTES } from './proto/limits.js'
export type { CatalogueLimits } from './proto/limits.js'
export type { RegistryMessage } from './proto/messages.js'
export type { PlainValue } from './proto/plain-value.js'
export type { ServiceChange, ServiceInstance } from './proto/offers.js'
export type { LinkRecord, NodeRecord } from './proto/record.js'
export { rendezvous, roundRobin, weightedRandom } from './proto/select.js'
export type { Selector } from './proto/select.js'
export type { Watch } from './proto/watch.js'
