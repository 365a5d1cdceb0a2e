import { invalidArgument } from '@astranet/interface/check'

/** An address with the network by which it is reached. */
export interface NetworkAddress {
  readonly network: string
  readonly address: string
}

/** `host:port`, `[IPv6]:port` or `:port`, over WebSocket with a path behind it. */
const WITH_PORT = /^(\[[\da-f:.]+\]|[\w.-]*):\d{1,5}(\/\S*)?$/i

/** A domain name with a dot: its addresses are looked up. No ticket looks like this: it has a longer part. */
const DOMAIN = /^(?=.{1,253}$)([a-z\d_]([a-z\d_-]{0,61}[a-z\d_])?\.)+[a-z]([a-z\d-]{0,61}[a-z\d])?\.?$/i

const TICKET_NAME = 'astranet-ticket'

/** What each ticket begins with, whether it is whole or not. */
const TICKET = new RegExp(`^\\s*${TICKET_NAME}`, 'i')

/** Whether the text is meant as a ticket. */
export function isTicketText(text: string): boolean {
  return TICKET.test(text)
}

/**
 * Reads an address with or without its network: `tcp4://host:port`, or `host:port` and `example.com` of the first of
 * `networks`. `undefined` when it is none, for example a ticket. A network that is not among `networks` is returned as
 * it is.
 */
export function readAddressText(text: string, networks: readonly string[]): NetworkAddress | undefined {
  const [, network, address = ''] = /^([a-z][a-z\d+.-]{0,31}):\/\/(\S+)$/i.exec(text) ?? []
  if (network !== undefined) return { network, address }
  const [first] = networks
  if (first === undefined || isTicketText(text)) return undefined
  return WITH_PORT.test(text) || DOMAIN.test(text) ? { network: first, address: text } : undefined
}

/**
 * Throws a TypeError for a text that is no address and does not begin as a ticket does either, and does not show it. One
 * that was cut off near its beginning passes.
 */
export function checkTicketText(text: string): void {
  if (isTicketText(text) || TICKET_NAME.startsWith(text.trim())) return
  throw invalidArgument(
    'address',
    'is neither an address ("host:port", a domain with a dot, or "network://address") nor a ticket, which begins ' +
      `with "${TICKET_NAME}". Copy the whole line of a ticket`,
  )
}
