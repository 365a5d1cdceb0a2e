import { crc32 } from 'node:zlib'
import { hex } from './bytes.js'
import {
  grantOf,
  grantPskOf,
  messageOf,
  publicKeyOf,
  signatureOf,
  signedBytesOf,
  ticketOf,
  vectorInput,
} from './reference.js'

const { psk, secret, id, roles, services, uses, expiresAt, addresses } = vectorInput

export const issuer: Uint8Array = publicKeyOf(vectorInput.privateKey)
export const vectorTerms = { id, roles, services, uses, expiresAt }
const terms = [id, issuer, roles, services, uses, expiresAt]
export const vectorGrant: Uint8Array = grantOf(terms)
export const vectorPsk: Uint8Array = grantPskOf(psk, id)

const grantContent = [addresses, null, vectorGrant, vectorPsk, issuer]
export const grantTicket: string = ticketOf(grantContent)
const secretContent = [addresses.slice(0, 1), secret, null, null, null]
export const secretTicket: string = ticketOf(secretContent)

/** The blocks of spec/ticket.md, by their headings: what the reference computes. */
export const vectors: Readonly<Record<string, readonly string[]>> = {
  'Vector: the psk of a grant': lines({ psk, 'grant id': id, 'psk of the grant': vectorPsk }),
  'Vector: a grant': lines({
    issuer,
    'grant id': id,
    roles: JSON.stringify(roles),
    services: JSON.stringify(services),
    uses: String(uses),
    'expires at': String(expiresAt),
    'terms, a message': messageOf(terms),
    'bytes that the issuer signs': signedBytesOf(messageOf(terms)),
    signature: signatureOf(messageOf(terms)),
    grant: vectorGrant,
  }),
  'Vector: a ticket with a grant': lines({
    addresses: JSON.stringify(addresses),
    grant: 'that of section 3',
    'psk of the grant': 'that of section 2',
    expected: issuer,
    ...bodyOf(messageOf(grantContent)),
    ticket: grantTicket,
  }),
  'Vector: a ticket with the secret': lines({
    addresses: JSON.stringify(addresses.slice(0, 1)),
    secret,
    ...bodyOf(messageOf(secretContent)),
    ticket: secretTicket,
  }),
}

function bodyOf(body: Uint8Array): Record<string, string | Uint8Array> {
  const length = body.length.toString(16).padStart(6, '0')
  return { body, length, 'CRC-32': crc32(body).toString(16).padStart(8, '0') }
}

function lines(values: Readonly<Record<string, string | Uint8Array>>): string[] {
  return Object.entries(values).map(
    ([name, value]) => `${name} = ${typeof value === 'string' ? value : hex(value)}`,
  )
}
