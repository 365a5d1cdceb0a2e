import type { NodeId } from '@astranet/interface'
import type { PolicyService } from '@astranet/policy'
import type { ServiceFacts } from '../api/service-facts.js'
import type { CheckedSocketOptions } from '../api/socket-options.js'
import type { AllowPeer } from './allow.js'
import type { ListenerReports } from './listener-reports.js'

/** @internal What is bound, and how. */
export interface Binding {
  readonly node: NodeId
  readonly port: number
  readonly service: string | undefined
  readonly environment: string
  readonly backlog: number
  /** What the policy is asked about. */
  readonly asked: PolicyService
  /** Which peers may dial it; `undefined`: the policy alone decides. */
  readonly allow: AllowPeer | undefined
  readonly socketOptions: CheckedSocketOptions
  readonly reports: ListenerReports
  /** Publishes the service with other facts; those that are left out stay. Throws when one of them is wrong. */
  update(facts: ServiceFacts): void
  /** Frees the port and withdraws the service. */
  release(): void
}
