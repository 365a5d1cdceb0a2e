import { defaultProvider, type Identity } from '@astranet/secure'
import { grantPskBy } from './proto/grant/grant-psk.js'
import type { GrantTerms } from './proto/grant/grant-terms.js'
import { issuerCheckBy, type Granter, type IssuerCheck } from './proto/grant/issuer-check.js'
import { readGrantBy, signGrantBy, type NewGrantTerms } from './proto/grant/sign-grant.js'

export { generateGrantId } from './io/grant-id.js'
export { TicketErrorCode } from './proto/errors.js'
export { checkGrant } from './proto/grant/check-grant.js'
export type { GrantCheck } from './proto/grant/check-grant.js'
export type { GrantTerms } from './proto/grant/grant-terms.js'
export type { Granter, IssuerCheck } from './proto/grant/issuer-check.js'
export type { NewGrantTerms } from './proto/grant/sign-grant.js'
export { GrantLedger } from './proto/ledger/grant-ledger.js'
export type { GrantLedgerOptions } from './proto/ledger/ledger-options.js'
export { CLOCK_TOLERANCE_MS, MAX_GRANT_BYTES, MAX_TICKET_CHARACTERS } from './proto/limits.js'
export type { Ticket, TicketGrant } from './proto/ticket/ticket-content.js'
export { formatTicket, parseTicket } from './proto/ticket/ticket-text.js'

/**
 * The 32 bytes with which the holder of a grant makes the handshake, in place of the network's `psk`. A node that
 * has the network's `psk` derives them from the grant's id; the network's `psk` cannot be derived from them.
 *
 * Rejects with a `TypeError` or `RangeError` unless `psk` has 32 bytes and `id` 16 that are not all zeros.
 */
export function grantPsk(psk: Uint8Array, id: Uint8Array): Promise<Uint8Array> {
  return grantPskBy(defaultProvider.crypto, psk, id)
}

/**
 * A grant: `terms` signed by `identity`, which becomes the issuer. At most 2,048 bytes, the same for the same terms.
 * Rejects with a `TypeError` or `RangeError` that names what is wrong in `terms`.
 */
export function signGrant(
  identity: Pick<Identity, 'publicKey' | 'sign'>,
  terms: NewGrantTerms,
): Promise<Uint8Array> {
  return signGrantBy(identity, terms)
}

/**
 * What a grant says, once its signature has been checked. Whether the issuer is believed, and the time, is for
 * `checkGrant`.
 *
 * Rejects with `ASTRA_ERR_TICKET_INVALID` when the bytes are not exactly a grant, or one of an unknown version, and
 * with `ASTRA_ERR_TICKET_FORGED` when the issuer has not signed it.
 */
export function readGrant(bytes: Uint8Array): Promise<GrantTerms> {
  return readGrantBy(defaultProvider.crypto, bytes)
}

/**
 * A check for `checkGrant` that believes the grants of these nodes, and of no others. Throws a `TypeError` or
 * `RangeError` that names an entry which is neither a public key of 32 bytes nor a node id.
 */
export function issuerCheck(granters: readonly Granter[]): IssuerCheck {
  return issuerCheckBy(defaultProvider.crypto, granters)
}
