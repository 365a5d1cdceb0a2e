import { concatBytes } from '@astranet/interface'
import { toBase64url } from '@astranet/interface/bytes'
import { MAX_TICKET_CHARACTERS } from '../limits.js'
import { base64urlLength, findForeignCharacter, fromBase64url } from './base64url.js'
import { crc32 } from './crc32.js'

/** The version of tickets that is made and read here. */
const TICKET_VERSION = '1'

const NAME = 'astranet-ticket-'

/** What every ticket begins with. */
const PREFIX = `${NAME}${TICKET_VERSION}.`

/**
 * Bytes of the length, which take four whole characters: so no character holds bits of both length and checksum, and
 * a wrong character changes one of the two at most.
 */
const LENGTH_BYTES = 3

const HEAD_BYTES = LENGTH_BYTES + 4

/** Texts that are longer are not looked at: white space around and in a ticket cannot take that much. */
export const MAX_TEXT_CHARACTERS = 8_192

/** What a text holds: the body of a ticket, or a sentence that says what is wrong and what to do. */
export type Envelope =
  { readonly kind: 'body'; readonly body: Uint8Array } | { readonly kind: 'fault'; readonly fault: string }

/** The text of a ticket: prefix, then length and CRC-32 of the body and the body, as base64url. */
export function wrapBody(body: Uint8Array): string {
  const head = new DataView(new ArrayBuffer(HEAD_BYTES))
  head.setUint8(0, body.length >> 16)
  head.setUint16(1, body.length & 0xffff)
  head.setUint32(LENGTH_BYTES, crc32(body))
  return PREFIX + toBase64url(concatBytes([new Uint8Array(head.buffer), body]))
}

/** Takes the text of a ticket apart. White space in it, such as line breaks that a program put in, does not count. */
export function unwrapBody(text: string): Envelope {
  if (text.length > MAX_TEXT_CHARACTERS) return tooLong()
  const ticket = text.replace(/\s+/g, '')
  if (!ticket.startsWith(PREFIX)) return fault(faultOfPrefix(ticket))
  if (ticket.length > MAX_TICKET_CHARACTERS) return tooLong()
  const data = ticket.slice(PREFIX.length)
  const foreign = findForeignCharacter(data)
  if (foreign >= 0) return fault(foreignCharacter(PREFIX.length + foreign + 1))
  return bodyOf(data)
}

function bodyOf(data: string): Envelope {
  const { bytes, isExact } = fromBase64url(data)
  if (bytes.length < HEAD_BYTES)
    return fault('This ticket was cut off near its beginning. Copy the whole line.')
  const head = new DataView(bytes.buffer, 0, HEAD_BYTES)
  const length = head.getUint8(0) * 0x1_0000 + head.getUint16(1)
  const body = bytes.subarray(HEAD_BYTES)
  const isBodyRight = crc32(body) === head.getUint32(LENGTH_BYTES)
  if (isBodyRight && isExact && length === body.length) return { kind: 'body', body }
  const wanted = base64urlLength(HEAD_BYTES + length)
  // With a body that is right, it is the length that was changed.
  if (isBodyRight || data.length === wanted) return fault(CHANGED)
  if (data.length > wanted) return fault(MORE)
  const characters = `${PREFIX.length + data.length} of its ${PREFIX.length + wanted} characters`
  return fault(`This ticket was cut off: it has ${characters}. Copy the whole line.`)
}

const CHANGED =
  'This ticket was changed when it was copied: its checksum is wrong. Copy the whole line again, do not type it.'

const MORE =
  'This ticket has more characters than it was made with, or was changed. Copy the line again, and nothing behind it.'

function tooLong(): Envelope {
  return fault(
    `This text is longer than the ${MAX_TICKET_CHARACTERS} characters of the longest ticket. ` +
      'Copy the line of the ticket, and nothing else.',
  )
}

function faultOfPrefix(ticket: string): string {
  if (ticket === '') return 'This ticket is empty. Copy the whole line.'
  if (PREFIX.startsWith(ticket)) return 'This ticket was cut off near its beginning. Copy the whole line.'
  const [, version] = new RegExp(`^${NAME}([0-9]{1,9})\\.`).exec(ticket) ?? []
  if (version !== undefined)
    return (
      `This ticket has version ${version}, and this program reads version ${TICKET_VERSION}: update this program. ` +
      'If the ticket was typed, copy it instead.'
    )
  return `This is not a ticket, or its beginning was changed: a ticket begins with "${PREFIX}". Copy the whole line.`
}

function foreignCharacter(place: number): string {
  return (
    `This ticket was changed when it was copied: character ${place} is one that tickets do not have. ` +
    'Copy the whole line again, do not type it.'
  )
}

function fault(text: string): Envelope {
  return { kind: 'fault', fault: text }
}
