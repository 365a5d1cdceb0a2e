import type { NodeId } from '@astranet/interface'
import type { ServiceHealth, ServiceKey, ServiceRecord } from './record.js'

/** What a service record has beside its key and its node. All of it is checked. */
export type CheckedService = Pick<ServiceRecord, 'tags' | 'weight' | 'zone' | 'version' | 'health'>

/**
 * A service record. Programs get the record itself, as a `ServiceInstance`, and see this name when they print it. So
 * `kind`, which only the logs need, is not a property of its own: it is not printed, copied or compared.
 */
export class ServiceInstance implements ServiceRecord {
  readonly environment: string
  readonly name: string
  readonly port: number
  readonly nodeId: NodeId
  readonly tags: readonly string[]
  readonly weight: number
  readonly zone: string
  readonly version: string
  readonly health: ServiceHealth

  constructor(nodeId: NodeId, key: ServiceKey, service: CheckedService) {
    this.environment = key.environment
    this.name = key.name
    this.port = key.port
    this.nodeId = nodeId
    this.tags = service.tags
    this.weight = service.weight
    this.zone = service.zone
    this.version = service.version
    this.health = service.health
    Object.freeze(this)
  }

  get kind(): 'service' {
    return 'service'
  }
}
