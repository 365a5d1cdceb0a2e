export { Catalogue } from './proto/catalogue.js'
export type { Route } from './proto/route.js'
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
export type { RegistryMessage } from './proto/wire/registry-message.js'
export type { PlainValue } from './proto/model/plain-value.js'
export type { LinkRecord, NodeRecord, ServiceHealth } from './proto/model/record.js'
export type { ServiceChange, ServiceInstance } from './proto/view/service-instance.js'
export type { Watch } from './proto/view/watch.js'
export type { Want } from './proto/want.js'
export { eligible, passing } from './proto/select/eligible.js'
export { hashRing } from './proto/select/hash-ring.js'
export { Outliers } from './proto/select/outliers.js'
export type { OutlierOptions } from './proto/select/outliers.js'
export { roundRobin } from './proto/select/round-robin.js'
export type { Selector, SelectorContext } from './proto/select/selector.js'
export {
  leastStreams,
  lowestRtt,
  randomChoice,
  twoChoices,
  weighted,
  zoneFirst,
} from './proto/select/simple-selectors.js'
