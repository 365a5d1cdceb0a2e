import type { ByteDuplex } from '@astranet/interface'
import type { SecurePeer } from '../proto/handshake/handshake-options.js'

/** An encrypted, authenticated byte pipe. */
export interface SecurePipe extends ByteDuplex {
  /** The other end, as it has proved itself. */
  readonly peer: SecurePeer
  /** 32 bytes that are the same on both sides and in no other pipe, for channel binding. */
  readonly handshakeHash: Uint8Array
}
