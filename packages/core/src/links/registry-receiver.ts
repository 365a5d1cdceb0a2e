import type { NodeId } from '@astranet/interface'
import type { Link } from '@astranet/link'

/** Where messages of the peers' registries go. */
export interface RegistryReceiver {
  /** The peer's registry sent a message; the next one follows when the promise has resolved. */
  receive(nodeId: NodeId, link: Link, message: unknown): Promise<void> | undefined
  /** The peer has moved to a later incarnation. */
  onIncarnation(nodeId: NodeId, link: Link): void
  /** The link takes another message of this node's registry. */
  onWritable(nodeId: NodeId, link: Link): void
}
