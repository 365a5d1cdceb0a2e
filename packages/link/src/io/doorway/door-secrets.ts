import { grantPsk } from '@astranet/secure/proto'
import { protocolError, type LinkError } from '../../proto/error-codes.js'
import type { HelloFields } from '../../proto/hello.js'
import { presentsGrant, type Preamble } from '../../proto/preamble.js'
import type { SessionRole } from '../../proto/negotiate-role.js'
import type { DoorSide } from './door.js'
import type { RemoteNode } from './passage.js'

/** What is wrong with a peer's preamble that has a key id, if it may not have one (spec sections 4.1 and 4.6). */
export function keyIdFault({ own, pair }: DoorSide, peer: Preamble): LinkError | undefined {
  if (!presentsGrant(peer)) return undefined
  if (pair !== undefined)
    return protocolError('presents a grant where the two sides have a secret of their own')
  if (own.preamble.hasSecret && peer.role === 'dialer') return undefined
  return protocolError('presents a grant, and only a dialer may, where there is a secret')
}

/** The secret with which this side makes message 1; `undefined`: there is none. */
export async function initiatorPsk({ networkPsk, grant, pair }: DoorSide): Promise<Uint8Array | undefined> {
  const psk = pair?.psk ?? networkPsk
  return psk === undefined ? grant?.psk : await psk()
}

/** The secret with which the peer has made message 1, as its preamble says. */
export async function responderPsk(
  { networkPsk, pair, provider }: DoorSide,
  preamble: Preamble,
): Promise<Uint8Array | undefined> {
  if (pair !== undefined) return await pair.psk()
  const psk = await networkPsk?.()
  return psk !== undefined && presentsGrant(preamble) ? grantPsk(provider.crypto, psk, preamble.keyId) : psk
}

/** The grant in this side's HELLO. */
export function ownGrant({ grant, pair }: DoorSide, role: SessionRole): Uint8Array | undefined {
  if (pair !== undefined) return pair.ownGrant
  return role === 'client' ? grant?.bytes : undefined
}

/** The grant that the peer has shown; with its key id if the peer has proved a secret that is for this grant only. */
export function peerGrant(
  { pair }: DoorSide,
  {
    preamble,
    hello,
    role,
  }: { readonly preamble: Preamble; readonly hello: HelloFields | undefined; readonly role: SessionRole },
): Pick<RemoteNode, 'grant' | 'grantId' | 'grantKeyId'> {
  const grant = pair !== undefined || role === 'server' ? hello?.grant : undefined
  const { peerKeyId } = pair ?? {}
  return {
    ...(grant === undefined ? {} : { grant }),
    ...(presentsGrant(preamble) ? { grantId: preamble.keyId } : {}),
    ...(peerKeyId === undefined ? {} : { grantKeyId: peerKeyId }),
  }
}

/** The error of a HELLO without the grant that has to be in it. */
export function missingGrant(
  { pair }: DoorSide,
  preamble: Preamble,
  { grant }: HelloFields,
): LinkError | undefined {
  if (grant !== undefined) return undefined
  if (presentsGrant(preamble))
    return protocolError('sent a HELLO without the grant (g) that its preamble announces')
  if (pair?.peerKeyId !== undefined)
    return protocolError('sent a HELLO without the grant (g) by which it came in')
  return undefined
}
