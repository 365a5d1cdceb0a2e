import { Catalogue, type CatalogueOptions, type RegistrySigner } from '@astranet/registry'
import type { Identity, SignatureCrypto } from '@astranet/secure'
import type { NodeOptions } from './node-options.js'

/** The random bits of an incarnation: two starts of a node within one millisecond differ by them. */
const RANDOM_BITS = 10

/** Two less than the largest, so that the node can move on. A clock shows it in the year 2248. */
const MAX_INCARNATION = Number.MAX_SAFE_INTEGER - 2

/** @internal What a node's catalogue is made of. */
export interface OwnCatalogueParts extends Required<Pick<CatalogueOptions, 'onWork' | 'mayPassOn'>> {
  readonly options: Pick<NodeOptions, 'identity' | 'role'>
  /** What checks the signatures of others. */
  readonly signatures: SignatureCrypto
}

/** @internal The catalogue of a node that starts now. */
export function ownCatalogue({ options, signatures, onWork, mayPassOn }: OwnCatalogueParts): Catalogue {
  return new Catalogue({
    ...options.role,
    ...{ onWork, mayPassOn },
    signer: signerOf(options.identity),
    crypto: signatures,
    incarnation: newIncarnation(Date.now(), Math.random()),
    random: Math.random,
  })
}

/**
 * Larger than in any earlier life of the node, unless its clock was set back: then it moves on when a neighbour shows
 * the log of that life. `random` is from 0 up to 1.
 */
export function newIncarnation(nowMs: number, random: number): number {
  const factor = 2 ** RANDOM_BITS
  return Math.min(Math.max(0, Math.floor(nowMs)) * factor + Math.floor(random * factor), MAX_INCARNATION)
}

/** Signs at once where the platform can, so that a change leaves in the turn in which it was made. */
function signerOf(identity: Identity): RegistrySigner {
  const { nodeId, publicKey } = identity
  const sign = identity.signNow ?? identity.sign
  return { nodeId, publicKey, sign: sign.bind(identity) }
}
