import type { Identity } from '@astranet/secure'
import type { ResolvedOptions } from './resolve-options.js'

/** @internal What a node is made of: its options, and who it is. */
export interface NodeOptions extends ResolvedOptions {
  readonly identity: Identity
}
