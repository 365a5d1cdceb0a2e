import type { Version } from '../model/version.js'
import type { LogId } from './log-id.js'
import type { SignedState } from './signed-state.js'

/** A part of one log as it goes from node to node. */
export interface Delta extends LogId {
  /** The owner's Ed25519 public key, 32 bytes. Given when `since` is not. */
  readonly publicKey: Uint8Array | undefined
  /** The state of the whole log as the sender holds it, signed by the owner. */
  readonly state: SignedState
  /**
   * The version after which the entries start. `undefined`: a snapshot starts, which replaces all that is held of the
   * log. In a part that continues another one its sequence is where the part before ended, and its check is 0.
   */
  readonly since: Version | undefined
  /** Whether another part is needed before the receiver has the state. */
  readonly hasMore: boolean
  /** Entries as their owner wrote them, one behind the other, in the order of their sequences. */
  readonly entries: Uint8Array
}
