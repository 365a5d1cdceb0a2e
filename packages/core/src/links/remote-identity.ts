import type { NodeId, PeerCertificate } from '@astranet/interface'
import type { PipeProtection, RemoteNode } from '@astranet/link'
import type { Identity } from '@astranet/secure'
import { DIRECT, type LinkPath } from './link-path.js'

/** The node at the other end of a link or a socket, as it has proved itself when the link was made. */
export interface RemoteIdentity {
  /** The hash of {@link publicKey}. */
  readonly nodeId: NodeId
  /** Its Ed25519 public key, 32 bytes. The node has proved that it has the private key. Not to be changed. */
  readonly publicKey: Uint8Array
  /** The roles of the grant by which it came in, and those that this node's policy list gives it. Default none. */
  readonly roles: readonly string[]
  /**
   * What protects the link against third parties: `'encrypted'`, AstraNet's own encryption; `'private'`, a pipe that
   * does not leave the machine; `'tls'`, the transport's TLS, which is proved to end at this node and at that one.
   */
  readonly security: PipeProtection
  /** Where it is connected from, in the form of the link's transport; `''` for a pipe without addresses. */
  readonly remoteAddress: string
  /** The way that the bytes take: directly, or through routers, which cannot read them. */
  readonly path: LinkPath
  /** The certificate that it has shown in TLS, where the transport requests one and trusts it. */
  readonly certificate?: PeerCertificate
}

/**
 * @internal An identity as a link was admitted, with what only this node's decisions need. Its roles are those of the
 * grant; the policy adds its own, as long as it is in force.
 */
export interface AdmittedIdentity extends RemoteIdentity {
  /**
   * Patterns of the names of services that the node may dial and offer, from its grant. `undefined`: every name.
   */
  readonly services: readonly string[] | undefined
  /** The key id of its grant in secrets of two nodes; `undefined`: it came in without one. */
  readonly grantKeyId: Uint8Array | undefined
}

/** The identity of a node as it sees itself: when it dials itself, and for its own offers. */
export function ownIdentity({ nodeId, publicKey }: Identity): AdmittedIdentity {
  const remote: RemoteNode = { nodeId, publicKey, security: 'private' }
  return admittedIdentity(remote, { remoteAddress: '', path: DIRECT }, { roles: [], services: undefined })
}

/** Where a node is connected from, and over which way. */
export interface RemotePlace {
  readonly remoteAddress: string
  readonly path: LinkPath
}

/** What a node's grant adds to what it has proved. */
export interface GrantedRights {
  readonly roles: readonly string[]
  readonly services: readonly string[] | undefined
  /** Default: no grant. */
  readonly grantKeyId?: Uint8Array
}

/** The identity of the node at the other end of a link. Frozen, because all sockets of the link share it. */
export function admittedIdentity(
  { nodeId, publicKey, security, certificate }: RemoteNode,
  { remoteAddress, path }: RemotePlace,
  { roles, services, grantKeyId }: GrantedRights,
): AdmittedIdentity {
  return Object.freeze({
    ...{ nodeId, publicKey, security, remoteAddress, path, services, grantKeyId },
    roles: Object.freeze([...roles]),
    ...(certificate === undefined ? {} : { certificate }),
  })
}
