import type { AstraError } from '@astranet/interface'
import { equalBytes } from '@astranet/interface/bytes'
import { checkOptions, outOfRange, type OptionNames } from '@astranet/interface/check'
import { ticketError } from '../errors.js'
import { throwFault, wrongType } from '../fault.js'
import { MAX_TICKET_CHARACTERS } from '../limits.js'
import { readOneMessage } from '../one-message.js'
import { unwrapBody, wrapBody } from './envelope.js'
import { encodeTicket, ticketFault, ticketOfValue, type Ticket } from './ticket-content.js'

const NAMES: OptionNames<Ticket> = { addresses: true, secret: true, grant: true, expected: true }

/**
 * A ticket as one line of text: `astranet-ticket-1.` and base64url, at most 2,048 characters. It is as secret as the
 * secret or grant in it.
 *
 * Throws a `TypeError` or `RangeError` that names what is wrong in `ticket`, also when the text would be too long.
 */
export function formatTicket(ticket: Ticket): string {
  checkOptions('ticket', ticket, NAMES)
  throwFault(ticketFault('ticket.', ticket))
  const text = wrapBody(encodeTicket(ticket))
  if (text.length > MAX_TICKET_CHARACTERS)
    throw outOfRange(
      'ticket',
      `at most ${MAX_TICKET_CHARACTERS} characters, so name fewer addresses, or fewer roles and services in its grant`,
      text.length,
    )
  return text
}

/**
 * Reads the text of a ticket. White space around and in it does not count. Throws an `ASTRA_ERR_TICKET_INVALID` that
 * says whether the text was cut off or changed when it was copied, has an unknown version or is no ticket, and what to
 * do. Nothing of the text is in the message.
 *
 * The signature of a grant in it is not checked here: `readGrant` does so.
 */
export function parseTicket(text: string): Ticket {
  if (typeof text !== 'string') throwFault(wrongType('text', 'of type string'))
  const envelope = unwrapBody(text)
  if (envelope.kind === 'fault') throw invalid(envelope.fault)
  const { body } = envelope
  const read = readOneMessage(body, MAX_TICKET_CHARACTERS)
  if (read.kind === 'fault') throw wrongContent(read.fault, read.cause)
  const ticket = ticketOfValue(read.value)
  if ('kind' in ticket) throw wrongContent(ticket.text)
  if (!equalBytes(encodeTicket(ticket), body)) throw wrongContent('its content is not in its shortest form')
  return ticket
}

function wrongContent(why: string, cause?: AstraError): AstraError {
  return invalid(`This ticket arrived whole, but was made wrong: ${why}. Ask for another ticket.`, cause)
}

function invalid(message: string, cause?: AstraError): AstraError {
  return ticketError('ASTRA_ERR_TICKET_INVALID', message, cause === undefined ? undefined : { cause })
}
