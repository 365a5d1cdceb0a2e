import { AstraError } from '@astranet/interface'
import { copyBytes } from '@astranet/interface/bytes'
import { MIN_SECRET_CHARACTERS } from '@astranet/interface/check'
import { encodeMessage } from '@astranet/frame/message'
import { isLowOrder, KEY_BYTES } from '@astranet/secure/proto'
import { bytesOf, listOf, outOfRange, textOf, wrongType, type Fault } from '../fault.js'
import { splitGrant } from '../grant/grant-layout.js'
import { TicketLimit } from '../limits.js'

/** What lets a node in. It holds either the network's secret or a grant, or neither where the network is open. */
export interface Ticket {
  /**
   * Where to join, in order of preference: 1 to 16 addresses as `network://address`, such as `tcp://host:port`, each
   * of at most 255 printable ASCII characters.
   */
  readonly addresses: readonly string[]
  /** The network's secret: at least 16 characters, at most 512 bytes of UTF-8, no white space at its ends. */
  readonly secret?: string | undefined
  /** A signed permission in place of the secret. */
  readonly grant?: TicketGrant | undefined
  /** The Ed25519 public key of the node that is expected at the addresses, 32 bytes. Absent: any member. */
  readonly expected?: Uint8Array | undefined
}

/** A grant with the key that its holder needs. */
export interface TicketGrant {
  /** What `signGrant` gave. */
  readonly bytes: Uint8Array
  /** What `grantPsk` gave for the grant's id: 32 bytes. Secret: with it, anybody can use the grant. */
  readonly psk: Uint8Array
}

const keyBytes = bytesOf(KEY_BYTES)
const addressesRule = listOf(
  textOf(
    /^[a-z][a-z0-9+.-]*:\/\/[\x21-\x7e]+$/,
    'printable ASCII without spaces, as "network://address"',
    TicketLimit.ADDRESS_BYTES,
  ),
  { min: 1, max: TicketLimit.ADDRESSES },
)
const secretText = textOf(/^[^\p{Cs}]+$/u, 'well-formed Unicode', TicketLimit.SECRET_BYTES)

/** What is wrong with a ticket, the first thing; `prefix` goes before the names of the fields. */
export function ticketFault(prefix: string, ticket: Ticket): Fault | undefined {
  const { addresses, secret, grant, expected } = ticket
  if (secret !== undefined && grant !== undefined)
    return wrongType(`${prefix}secret`, 'absent where there is a grant')
  return (
    addressesRule(`${prefix}addresses`, addresses) ??
    (secret === undefined ? undefined : secretFault(`${prefix}secret`, secret)) ??
    (grant === undefined ? undefined : grantFault(`${prefix}grant`, grant)) ??
    (expected === undefined ? undefined : expectedFault(`${prefix}expected`, expected))
  )
}

function secretFault(name: string, secret: unknown): Fault | undefined {
  const fault = secretText(name, secret)
  if (fault !== undefined) return fault
  const text = secret as string
  if (text !== text.trim()) return outOfRange(name, 'without white space at its ends')
  if (text.length >= MIN_SECRET_CHARACTERS) return undefined
  return outOfRange(name, `at least ${MIN_SECRET_CHARACTERS} characters`)
}

function grantFault(name: string, grant: unknown): Fault | undefined {
  if (typeof grant !== 'object' || grant === null) return wrongType(name, 'of type object')
  const { bytes, psk } = grant as Partial<TicketGrant>
  if (!(bytes instanceof Uint8Array)) return wrongType(`${name}.bytes`, 'an instance of Uint8Array')
  const parts = splitGrant(bytes)
  if (parts instanceof AstraError) return outOfRange(`${name}.bytes`, `a grant. ${parts.message}`)
  return keyBytes(`${name}.psk`, psk)
}

function expectedFault(name: string, key: unknown): Fault | undefined {
  const fault = keyBytes(name, key)
  if (fault !== undefined) return fault
  return isLowOrder(key as Uint8Array) ? outOfRange(name, 'a key that is not of low order') : undefined
}

/** A ticket as a message. The same content always gives the same bytes. */
export function encodeTicket({ addresses, secret, grant, expected }: Ticket): Uint8Array {
  return encodeMessage([
    addresses,
    secret ?? null,
    grant?.bytes ?? null,
    grant?.psk ?? null,
    expected ?? null,
  ])
}

/** Reads the value of that message, into bytes of its own. */
export function ticketOfValue(value: unknown): Ticket | Fault {
  if (!Array.isArray(value) || value.length !== 5) return wrongType('its content', 'an array of 5')
  const [addresses, secret, bytes, psk, expected] = value.map((field: unknown) => field ?? undefined)
  const grant = bytes === undefined && psk === undefined ? undefined : { bytes, psk }
  const ticket = { addresses, secret, grant, expected } as Ticket
  const fault = ticketFault('', ticket)
  return fault ?? copyTicket(ticket)
}

function copyTicket({ addresses, secret, grant, expected }: Ticket): Ticket {
  return {
    addresses,
    ...(secret === undefined ? {} : { secret }),
    ...(grant === undefined ? {} : { grant: { bytes: copyBytes(grant.bytes), psk: copyBytes(grant.psk) } }),
    ...(expected === undefined ? {} : { expected: copyBytes(expected) }),
  }
}
