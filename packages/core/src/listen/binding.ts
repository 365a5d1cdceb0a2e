import type { NodeId } from '@astranet/interface'
import type { CheckedSocketOptions } from '../api/socket-options.js'

/** @internal What is bound, and how. */
export interface Binding {
  readonly node: NodeId
  readonly port: number
  readonly service: string | undefined
  readonly environment: string
  readonly backlog: number
  readonly socketOptions: CheckedSocketOptions
  /** Frees the port and withdraws the service. */
  release(): void
}
