import type { ByteDuplex, TransportListener } from '@astranet/interface'
import type { HelloProof } from '@astranet/link'
import { NetError } from '../api/net-error.js'

/** What links prove, and where. */
export interface Proving {
  /** What each link proves in HELLO; `undefined`: nothing. */
  readonly proof: HelloProof | undefined
  /** Whether also on pipes that others can read or change. */
  readonly insecure: boolean
}

const CURE = 'use TLS (wss, tcp with a secret or certificates) or a Unix socket, or set insecure: true'

/** Why no link is made on the pipe: whoever can read a proof can guess at the secret, whoever can change it is a member. */
export function pipeRefusal({ proof, insecure }: Proving, pipe: ByteDuplex): NetError | undefined {
  if (proof === undefined || insecure || pipe.capabilities.confidential === true) return undefined
  const message = `the pipe is not known to be confidential, and the secret may only be proved on one that is: ${CURE}`
  return new NetError('ASTRA_ERR_INSECURE', message, { syscall: 'link', address: pipe.remoteAddress })
}

/** The same for a listener, when all its pipes will be so. */
export function listenerRefusal(
  { proof, insecure }: Proving,
  { network, address, isConfidential }: TransportListener,
): NetError | undefined {
  if (proof === undefined || insecure || isConfidential !== false) return undefined
  const message = `connections over ${network} are not confidential here, and the secret may only be proved on such: ${CURE}`
  return new NetError('ASTRA_ERR_INSECURE', message, { syscall: 'listen', address })
}
