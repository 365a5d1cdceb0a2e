import { concatBytes, type AstraError } from '@astranet/interface'
import { asciiBytes, equalBytes } from '@astranet/interface/bytes'
import { SIGNATURE_BYTES } from '@astranet/secure/proto'
import { ticketError } from '../errors.js'
import { MAX_GRANT_BYTES } from '../limits.js'
import { readOneMessage } from '../one-message.js'
import { encodeTerms, termsOfValue, type GrantTerms } from './grant-terms.js'

/** The first byte of a grant. */
export const GRANT_VERSION = 1

/** What a signature of a grant begins with, so that it is never one of something else. Names the version too. */
const LABEL = asciiBytes('astranet grant 1\n')

/** A grant in its parts. Nothing says yet that the signature is right. */
export interface GrantParts {
  readonly terms: GrantTerms
  /** What the issuer signs. */
  readonly signed: Uint8Array
  readonly signature: Uint8Array
}

/** The bytes that the issuer of `message`, which are encoded terms, signs. */
export function signedBytes(message: Uint8Array): Uint8Array {
  return concatBytes([LABEL, message])
}

/** Takes a grant apart: version, terms, signature. An `ASTRA_ERR_TICKET_INVALID` says what is wrong. */
export function splitGrant(bytes: Uint8Array): GrantParts | AstraError {
  if (bytes.length > MAX_GRANT_BYTES)
    return invalid(`it has ${bytes.length} bytes, more than the ${MAX_GRANT_BYTES} of the largest grant`)
  const [version] = bytes
  if (version === undefined) return invalid('it is empty')
  if (version !== GRANT_VERSION)
    return ticketError(
      'ASTRA_ERR_TICKET_INVALID',
      `This grant has version ${version}, and this program reads version ${GRANT_VERSION}: update this program.`,
    )
  const end = bytes.length - SIGNATURE_BYTES
  if (end < 1) return invalid('it is cut off')
  const message = bytes.subarray(1, end)
  const read = readOneMessage(message, MAX_GRANT_BYTES)
  if (read.kind === 'fault') return invalid(read.fault, read.cause)
  const terms = termsOfValue(read.value)
  if ('kind' in terms) return invalid(terms.text)
  // Two encodings of the same terms would be two grants with one signature too few.
  if (!equalBytes(encodeTerms(terms), message)) return invalid('its terms are not in their shortest form')
  return { terms, signed: signedBytes(message), signature: bytes.subarray(end) }
}

function invalid(why: string, cause?: AstraError): AstraError {
  return ticketError(
    'ASTRA_ERR_TICKET_INVALID',
    `This is not a grant: ${why}. Ask its issuer for a new ticket.`,
    cause === undefined ? undefined : { cause },
  )
}
