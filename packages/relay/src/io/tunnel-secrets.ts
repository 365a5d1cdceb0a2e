import type { NodeId } from '@astranet/interface'
import type { Link, PairFacts, TunnelHeader } from '@astranet/link'
import { isLastHop } from '../proto/tunnel/hop.js'

/** The two ends of a tunnel, each with the key id of the grant by which it says it came in. */
export interface TunnelEnds {
  readonly source: TunnelEnd
  readonly destination: TunnelEnd
}

/** One end of a tunnel. */
export interface TunnelEnd {
  readonly nodeId: NodeId
  readonly keyId: Uint8Array | undefined
}

/**
 * The secret of a tunnel's ends, for the end that is the neighbour on the link. The key id of that end is the one with
 * which this node has admitted it, whatever it says. `undefined`: that end can make the secret itself, or this node
 * cannot. Where the promise rejects, the tunnel is refused.
 */
export type TunnelSecret = (link: Link, ends: TunnelEnds) => Promise<Uint8Array> | undefined

/** The header for the next hop, with the secret if that hop is an end that needs one. */
export function headerWithSecret(
  header: TunnelHeader,
  link: Link,
  secretFor: TunnelSecret | undefined,
): TunnelHeader | Promise<TunnelHeader> {
  if (!isLastHop(header)) return header
  const secret = secretFor?.(link, endsOf(header, undefined))
  return secret === undefined ? header : secret.then((psk) => ({ ...header, pair: { ...header.pair, psk } }))
}

/** What the answer to the hop before this one says, once the next hop has accepted with `answer`. */
export function answerWithSecret(
  header: TunnelHeader,
  answer: PairFacts | undefined,
  { link, secretFor }: { readonly link: Link; readonly secretFor: TunnelSecret | undefined },
): PairFacts | undefined | Promise<PairFacts> {
  const keyId = answer?.keyId
  const secret = header.position === 1 ? secretFor?.(link, endsOf(header, keyId)) : undefined
  if (secret !== undefined) return secret.then((psk) => ({ keyId, psk }))
  return keyId === undefined ? undefined : { keyId }
}

function endsOf({ path, pair }: TunnelHeader, destinationKeyId: Uint8Array | undefined): TunnelEnds {
  return {
    source: { nodeId: path[0] as NodeId, keyId: pair?.keyId },
    destination: { nodeId: path.at(-1) as NodeId, keyId: destinationKeyId },
  }
}
