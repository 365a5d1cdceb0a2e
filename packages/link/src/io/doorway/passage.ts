import type { ByteDuplex, NodeId, PeerCertificate } from '@astranet/interface'
import type { LinkError } from '../../proto/error-codes.js'
import type { Hello } from '../../proto/hello.js'
import type { SessionRole } from '../../proto/negotiate-role.js'
import type { PipeProtection } from '../../proto/pipe-protection.js'

/** The node at the other end of a link, as it has proved itself. */
export interface RemoteNode {
  /** The node id that belongs to {@link publicKey}. */
  readonly nodeId: NodeId
  /** Its Ed25519 identity key, 32 bytes. */
  readonly publicKey: Uint8Array
  /** What keeps others from reading and changing the bytes. */
  readonly security: PipeProtection
  /** The peer's certificate, where it has one and both ends have proved that they are the ends of the TLS below. */
  readonly certificate?: PeerCertificate
  /** The grant that the peer has presented, as it was issued: at most 2,048 bytes, not checked by the link. */
  readonly grant?: Uint8Array
  /**
   * The id of the grant whose secret the peer has proved, 16 bytes; absent when it has proved the network's secret, or
   * there is none. Then {@link grant} is there too, and a caller that reads it must check that it has this id.
   */
  readonly grantId?: Uint8Array
  /**
   * `peerKeyId` of `LinkOptions.pair`: the peer has proved a secret that is for this grant only. Then {@link grant} is
   * there too, and a caller that reads it must check that it has this key id.
   */
  readonly grantKeyId?: Uint8Array
}

/** The pipe on which a session runs. */
export interface SessionPipe {
  /** Paused: to be resumed once the session has taken it. */
  readonly duplex: ByteDuplex
  /** The first bytes of the session; they come before what `duplex` will deliver. */
  readonly initialBytes: Uint8Array | undefined
}

/** A peer that has proved who it is. */
export interface Introduced {
  /** The part that this side plays in the session. */
  readonly role: SessionRole
  readonly remote: RemoteNode
  /** `undefined` when it was malformed: then the peer is refused. */
  readonly hello: Hello | undefined
}

/** What came out of a doorway: a pipe on which a session can start. */
export interface Passage extends Introduced {
  /** Why the peer is not admitted: the session is started and closed with it. */
  readonly refusal: LinkError | undefined
  /** Gives the pipe away. Called once; the session has to take it within the same call. */
  takePipe(): SessionPipe
}
