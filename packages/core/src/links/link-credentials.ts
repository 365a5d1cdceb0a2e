import type { NodeId } from '@astranet/interface'
import type { LinkGrant } from '@astranet/link'
import type { PskSource } from '../api/secret.js'

/** What one side of a link proves of a secret, and the node that it expects. */
export interface LinkCredentials {
  /** The network's secret; `undefined`: there is none, or {@link grant} takes its place. */
  readonly psk: PskSource | undefined
  /** What a dialer presents that is not to know the secret. */
  readonly grant?: LinkGrant
  /** The only node that is accepted. Default: any. */
  readonly expectedNodeId?: NodeId
  /** Its key, where the whole key is known; beside {@link expectedNodeId}. */
  readonly expectedKey?: Uint8Array
}
