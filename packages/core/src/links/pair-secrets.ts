import type { PairFacts } from '@astranet/link'
import type { TunnelEnd, TunnelEnds } from '@astranet/relay'
import { defaultProvider } from '@astranet/secure'
import { grantKeyId, pairPsk } from '@astranet/secure/proto'
import type { LinkCredentials } from './link-credentials.js'
import type { LinkRecord } from './link-record.js'

/** The key id of the grant that this node presents; `undefined`: none. */
export async function ownKeyId({ grant, psk }: LinkCredentials): Promise<Uint8Array | undefined> {
  if (grant === undefined || psk !== undefined) return undefined
  return await grantKeyId(defaultProvider.crypto, grant.bytes)
}

/** What this node proves at the other end of a tunnel. */
export interface PairParts {
  /** This node, with {@link ownKeyId} of its credentials. */
  readonly own: TunnelEnd
  readonly peer: TunnelEnd
  /**
   * The secret that the router on the way has given; see {@link vouchesForOthers}. Only a node that cannot make it
   * itself uses it.
   */
  readonly given: Uint8Array | undefined
}

/**
 * The credentials of a link in a tunnel, from those of the link to the first router: a node with the network's secret
 * makes the secret of the two ends, another one gets it from the router. `undefined`: no router has given it, so none
 * vouches for the peer.
 */
export function pairCredentials(
  { psk, grant }: LinkCredentials,
  { own, peer, given }: PairParts,
): LinkCredentials | undefined {
  const shared = { ownGrant: psk === undefined ? grant?.bytes : undefined, peerKeyId: peer.keyId }
  if (psk !== undefined) {
    const made = async (): Promise<Uint8Array> => secretOf(await psk(), own, peer)
    return { psk, pair: { ...shared, psk: made } }
  }
  if (grant === undefined) return { psk }
  return given && { psk, grant, pair: { ...shared, psk: () => Promise.resolve(given) } }
}

/**
 * Whether secrets of two nodes that come over a link count for this node. A neighbour that came in by a grant does not
 * know the network's secret. A secret that it gives is invented, and could let in any node as a member.
 */
export function vouchesForOthers({ identity }: Pick<LinkRecord, 'identity'>): boolean {
  return identity !== undefined && identity.grantKeyId === undefined
}

/** Whether this node can prove something in tunnels over a link: it makes the secret, or is given one that counts. */
export function allowsTunnels(record: Pick<LinkRecord, 'identity' | 'credentials'>): boolean {
  return !dependsOnOthers(record.credentials) || vouchesForOthers(record)
}

/** Whether a node cannot make the secrets of two nodes itself. */
export function dependsOnOthers({ psk, grant }: LinkCredentials): boolean {
  return psk === undefined && grant !== undefined
}

/** See `TunnelSecret`: for a neighbour that came in by a grant, where this node has the network's secret. */
export function secretForNeighbour(
  record: LinkRecord | undefined,
  { source, destination }: TunnelEnds,
): Promise<Uint8Array> | undefined {
  const { identity, credentials } = record ?? {}
  const { grantKeyId: keyId, nodeId } = identity ?? {}
  const psk = credentials?.psk
  if (keyId === undefined || nodeId === undefined || psk === undefined) return undefined
  const other = nodeId === source.nodeId ? destination : source
  return psk().then((networkPsk) => secretOf(networkPsk, { nodeId, keyId }, other))
}

/** What a router sends, in a header or an answer, for the end that came in by a grant. */
export function ownPairFacts(keyId: Uint8Array | undefined): PairFacts | undefined {
  return keyId === undefined ? undefined : { keyId }
}

function secretOf(networkPsk: Uint8Array, one: TunnelEnd, other: TunnelEnd): Promise<Uint8Array> {
  return pairPsk(defaultProvider.crypto, networkPsk, [one, other])
}
