import type { NodeId } from '@astranet/interface'
import type { Link, LinkRole, StreamQuota } from '@astranet/link'
import type { LinkCredentials } from './link-credentials.js'
import type { LinkPath } from './link-path.js'
import type { AdmittedIdentity } from './remote-identity.js'

/** The caller that waits for a link to open. */
interface Opening {
  resolve(nodeId: NodeId): void
  reject(error: Error): void
}

/** What a node keeps for each of its links. */
export interface LinkRecord {
  readonly role: LinkRole
  readonly remoteAddress: string
  readonly localAddress: string
  /** The transport's network where this node dialed, for example `'tcp4'`; otherwise empty. */
  readonly network: string
  readonly path: LinkPath
  /** Whether a join of the program made it. */
  readonly isJoined: boolean
  /** For a link through routers: the link to the first one. */
  readonly over: Link | undefined
  /** What this node proves on it. */
  readonly credentials: LinkCredentials
  /** This node's incarnation in the link's HELLO. */
  readonly incarnation: number
  /** The peer and its rights; `undefined` until this node has admitted it. */
  identity: AdmittedIdentity | undefined
  /** What counts the peer's streams that wait; `undefined` until the link is open. */
  quota: StreamQuota | undefined
  /** `undefined` once the link is open. */
  opening: Opening | undefined
  /** The peer; `undefined` until the link is open. */
  nodeId: NodeId | undefined
  /** The link need not be closed any more when the program ends, and is not probed any more. */
  readonly forget: () => void
  /** The link has closed; `error` is why, if it is a fault. */
  readonly onClosed: ((error: Error | undefined) => void) | undefined
}
