import { nodeIdToBytes } from '@astranet/interface'
import { LINK_ROLES, NONCE_BYTES, type Preamble } from './preamble.js'
import type { SessionRole } from './negotiate-role.js'

/**
 * The labels of the two sides' proofs, so that neither proof is valid for the other side. Both have the same length.
 */
const LABELS: Readonly<Record<SessionRole, string>> = {
  client: 'astranet-1 hello client\0',
  server: 'astranet-1 hello server\0',
}

const END_BYTES = 1 + NONCE_BYTES + 8

/** Both sides' preambles, by the role that was negotiated. */
export type PreamblePair = Readonly<Record<SessionRole, Preamble>>

/**
 * The bytes over which `prover` makes its proof (spec section 5.2): a label that names the prover, then role, nonce and
 * node id of the client, then those of the server. Both nonces are fresh, so no proof is valid for another link.
 */
export function proofInput(prover: SessionRole, preambles: PreamblePair): Uint8Array {
  const label = LABELS[prover]
  const bytes = new Uint8Array(label.length + 2 * END_BYTES)
  for (let index = 0; index < label.length; index++) bytes[index] = label.charCodeAt(index)
  let at = label.length
  for (const { role, nonce, nodeId } of [preambles.client, preambles.server]) {
    bytes[at] = LINK_ROLES.indexOf(role) + 1
    bytes.set(nonce, at + 1)
    bytes.set(nodeIdToBytes(nodeId), at + 1 + NONCE_BYTES)
    at += END_BYTES
  }
  return bytes
}
