import { CloseCode, linkError, type LinkError } from '../../proto/error-codes.js'
import { HelloLimit, type Hello } from '../../proto/hello.js'
import type { SessionRole } from '../../proto/negotiate-role.js'
import { proofInput, type PreamblePair } from '../../proto/proof-input.js'
import type { Passage } from './doorway.js'
import type { HelloProof } from './hello-proof.js'

/** The proofs of one link. Neither method rejects. */
export class ProofExchange {
  readonly #proof: HelloProof
  readonly #role: SessionRole
  readonly #preambles: PreamblePair

  constructor(proof: HelloProof, { role, ownPreamble, peerPreamble }: Passage) {
    this.#proof = proof
    this.#role = role
    this.#preambles =
      role === 'client'
        ? { client: ownPreamble, server: peerPreamble }
        : { client: peerPreamble, server: ownPreamble }
  }

  /** `hello` with this side's proof. */
  async sign(hello: Hello): Promise<Hello | LinkError> {
    try {
      const proof = await this.#proof.prove(proofInput(this.#role, this.#preambles))
      if (proof.length <= HelloLimit.PROOF_BYTES) return { ...hello, proof }
      return linkError(CloseCode.INTERNAL_ERROR, `the proof is longer than ${HelloLimit.PROOF_BYTES} bytes`)
    } catch (cause) {
      return linkError(CloseCode.INTERNAL_ERROR, 'this node could not make its proof', { cause })
    }
  }

  /** What is wrong with the peer's proof. */
  async judge(peer: Hello): Promise<LinkError | undefined> {
    const { proof } = peer
    if (proof === undefined)
      return linkError(CloseCode.AUTHENTICATION_FAILED, 'the peer sent no proof that it knows the secret')
    const peerRole = this.#role === 'client' ? 'server' : 'client'
    try {
      if (await this.#proof.verify(proofInput(peerRole, this.#preambles), proof)) return undefined
      return linkError(CloseCode.AUTHENTICATION_FAILED, 'the two sides do not have the same secret')
    } catch (cause) {
      return linkError(CloseCode.INTERNAL_ERROR, "this node could not check the peer's proof", { cause })
    }
  }
}

/**
 * The error of a peer that sends a proof where this side asks for none: such a peer would close after this side's
 * HELLO.
 */
export function unexpectedProof(): LinkError {
  const message = 'one side proves that it knows a secret, and the other has none'
  return linkError(CloseCode.AUTHENTICATION_FAILED, message)
}
