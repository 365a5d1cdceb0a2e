import { concatBytes, nodeIdToBytes, type NodeId } from '@astranet/interface'
import { asciiBytes } from '@astranet/interface/bytes'
import type { Crypto } from './crypto.js'

const PSK_LABEL = asciiBytes('astranet pair psk 1')

const KEY_ID_LABEL = asciiBytes('astranet grant key id 1')

const KEY_ID_BYTES = 16

const NO_GRANT = new Uint8Array(KEY_ID_BYTES)

/** One of the two nodes that share a secret of their own. */
export interface PairEnd {
  readonly nodeId: NodeId
  /** The {@link grantKeyId} of the grant by which the node came in; `undefined`: it knows the network's secret. */
  readonly keyId: Uint8Array | undefined
}

/**
 * The 32 bytes that two nodes prove in their handshake in place of the network's secret, which one of them may not know
 * (spec/astranet-1.md, section 4.6). A node that knows the network's secret derives them. They depend on the grants by
 * which the two came in, so neither node can show another grant, or leave its grant out. The order of the ends does not
 * matter.
 */
export function pairPsk(
  crypto: Pick<Crypto, 'hmac'>,
  networkPsk: Uint8Array,
  ends: readonly [PairEnd, PairEnd],
): Promise<Uint8Array> {
  const [one, other] = ends
  const [first, second] = one.nodeId < other.nodeId ? [one, other] : [other, one]
  return crypto.hmac(networkPsk, concatBytes([PSK_LABEL, ...partsOf(first), ...partsOf(second)]))
}

/** The key id that stands for a grant where two nodes share a secret of their own: 16 bytes of its hash. */
export async function grantKeyId(crypto: Pick<Crypto, 'hash'>, grant: Uint8Array): Promise<Uint8Array> {
  const hash = await crypto.hash(concatBytes([KEY_ID_LABEL, grant]))
  return hash.slice(0, KEY_ID_BYTES)
}

function partsOf({ nodeId, keyId = NO_GRANT }: PairEnd): [Uint8Array, Uint8Array] {
  return [nodeIdToBytes(nodeId), keyId]
}
