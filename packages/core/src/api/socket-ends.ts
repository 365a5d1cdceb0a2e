import type { NodeId } from '@astranet/interface'

/** The two ends of a socket. */
export interface SocketEnds {
  readonly localNode: NodeId
  readonly localPort: number
  readonly remoteNode: NodeId
  readonly remotePort: number
}
