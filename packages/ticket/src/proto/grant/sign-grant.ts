import { AstraError, concatBytes } from '@astranet/interface'
import { checkOptions, outOfRange, type OptionNames } from '@astranet/interface/check'
import { isLowOrder, SIGNATURE_BYTES, type Crypto, type Signer } from '@astranet/secure/proto'
import { ticketError } from '../errors.js'
import { throwFault, wrongType } from '../fault.js'
import { MAX_GRANT_BYTES } from '../limits.js'
import { GRANT_VERSION, signedBytes, splitGrant } from './grant-layout.js'
import { encodeTerms, termsFault, type GrantTerms } from './grant-terms.js'

/** The terms of a grant that is to be signed: the issuer is the one who signs. */
export type NewGrantTerms = Omit<GrantTerms, 'issuer'>

const NAMES: OptionNames<NewGrantTerms> = {
  id: true,
  roles: true,
  services: true,
  uses: true,
  expiresAt: true,
}

/** `signGrant`, for any implementation of Ed25519. */
export async function signGrantBy(signer: Signer, newTerms: NewGrantTerms): Promise<Uint8Array> {
  checkOptions('terms', newTerms, NAMES)
  const terms: GrantTerms = { ...newTerms, issuer: signer.publicKey }
  throwFault(termsFault('terms.', terms))
  const message = encodeTerms(terms)
  const length = 1 + message.length + SIGNATURE_BYTES
  if (length > MAX_GRANT_BYTES)
    throw outOfRange(
      'terms',
      `at most ${MAX_GRANT_BYTES} bytes as a grant, so name fewer roles or services`,
      length,
    )
  return concatBytes([Uint8Array.of(GRANT_VERSION), message, await signer.sign(signedBytes(message))])
}

/** `readGrant`, with the cryptography of a platform. */
export async function readGrantBy(crypto: Crypto, bytes: Uint8Array): Promise<GrantTerms> {
  if (!(bytes instanceof Uint8Array)) throwFault(wrongType('bytes', 'an instance of Uint8Array'))
  const parts = splitGrant(bytes)
  if (parts instanceof AstraError) throw parts
  const { terms, signed, signature } = parts
  if (isLowOrder(terms.issuer))
    throw ticketError(
      'ASTRA_ERR_TICKET_FORGED',
      "The key of this grant's issuer is of low order: anybody can sign with it. See who gave it to you.",
    )
  if (!(await crypto.verify(terms.issuer, signature, signed)))
    throw ticketError(
      'ASTRA_ERR_TICKET_FORGED',
      'The issuer that this grant names has not signed it. See who gave it to you, and ask for another.',
    )
  return terms
}
