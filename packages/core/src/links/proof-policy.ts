import type { ByteDuplex, TransportListener } from '@astranet/interface'
import type { HelloProof } from '@astranet/link'
import { NetError } from '../api/net-error.js'

/** What links prove, and on which pipes. */
export interface ProofPolicy {
  /** What each link proves in HELLO; `undefined`: nothing. */
  readonly proof: HelloProof | undefined
  /** Whether it is also proved on pipes that others can read or change. */
  readonly insecure: boolean
}

const CURE = 'use TLS (wss, tcp with a secret or certificates) or a Unix socket, or set insecure: true'

/**
 * Why no link is made on the pipe, if so. Someone who can read a proof can try guesses at the secret; someone who can
 * change the bytes becomes a member.
 */
export function pipeRefusal({ proof, insecure }: ProofPolicy, pipe: ByteDuplex): NetError | undefined {
  if (proof === undefined || insecure || pipe.capabilities.confidential === true) return undefined
  const message = `the pipe is not known to be confidential, and the secret may only be proved on one that is: ${CURE}`
  return new NetError('ASTRA_ERR_INSECURE', message, { syscall: 'link', address: pipe.remoteAddress })
}

/** Why nothing is accepted by the listener, if so: none of its pipes would be confidential. */
export function listenerRefusal(
  { proof, insecure }: ProofPolicy,
  { network, address, isConfidential }: TransportListener,
): NetError | undefined {
  if (proof === undefined || insecure || isConfidential !== false) return undefined
  const message = `connections over ${network} are not confidential here, and the secret may only be proved on such: ${CURE}`
  return new NetError('ASTRA_ERR_INSECURE', message, { syscall: 'listen', address })
}
