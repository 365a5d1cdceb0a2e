import type { NodeId } from '@astranet/interface'
import type { Link } from '@astranet/link'
import type { LinkPath } from '../link-path.js'

/** A way to make a link to a node that has none. */
export interface LinkWay {
  /** The path that its links have. */
  readonly kind: LinkPath['kind']
  /** Whether it is worth a try now. Asked for each instance that a dial can choose, so it must be fast. */
  canTry(nodeId: NodeId): boolean
  /**
   * Makes a link to the node. Resolves when it is open; it is among the node's links then. Rejects with a
   * `DialError`, `LinkError` or what the transport says. `signal` gives it up. It has a deadline of its own.
   */
  open(nodeId: NodeId, signal: AbortSignal): Promise<void>
  /** A dial over the link was not answered soon: whatever it shares with the next one is tried last. */
  doubted?(link: Link): void
}
