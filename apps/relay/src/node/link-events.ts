import type { NodeId } from '@astranet/core'

/** What the channel `astranet:link:opened` has. */
export interface LinkOpened {
  readonly nodeId: NodeId
  readonly remoteAddress: string
  readonly isDialedHere: boolean
  readonly roles: readonly string[]
  readonly security: string | undefined
}

/** What the channel `astranet:link:closed` has. */
export interface LinkClosed {
  readonly nodeId: NodeId
  readonly remoteAddress: string
  readonly sentBytes: number
  readonly receivedBytes: number
  readonly error: (Error & { code?: string }) | undefined
}

/** What the channel `astranet:link:refused` has. */
export interface LinkRefused {
  readonly error: Error
  readonly network: string
  readonly remoteAddress: string
}

/** What the channel `astranet:join:failed` has. */
export interface JoinFailed {
  readonly nodeId: NodeId
  readonly error: Error
}

/** What the channel `astranet:registry:reachable` has. */
export interface Reachable {
  readonly nodeId: NodeId
  readonly isReachable: boolean
}

/** What the channel `astranet:registry:refused` has. */
export interface RegistryRefused {
  readonly kind: string
  readonly owner: NodeId | undefined
  readonly speaker: NodeId | undefined
  readonly text: string
}
