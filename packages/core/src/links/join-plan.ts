import { AstraError, type Transport } from '@astranet/interface'
import { nodeIdOfKey } from '@astranet/secure'
import { parseTicket, readGrant, type Ticket } from '@astranet/ticket'
import { pskOf } from '../api/secret.js'
import type { LinkCredentials } from './link-credentials.js'

/** @internal An address that can be dialed. */
export interface JoinTarget {
  readonly transport: Transport
  readonly network: string
  readonly address: string
  /** Of a host name that another node advertises: whether an IP address that it stands for may be dialed. */
  readonly mayConnect?: (host: string) => boolean
}

/** @internal Where a join leads, and what it proves there. */
export interface JoinPlan {
  /** What was asked for: calls with the same key share one join. */
  readonly key: string
  /** Tried in turn; at least one. */
  readonly targets: readonly JoinTarget[]
  /** `undefined`: those of the node. */
  readonly credentials: LinkCredentials | undefined
}

/** @internal What reading a ticket needs of the node. */
export interface TicketReader {
  /** The transport of a network. Throws a TypeError where the node has none. */
  readonly transportFor: (network: string) => Transport
  /** What the node proves where the ticket says nothing. */
  readonly own: LinkCredentials
}

/**
 * The plan of a ticket. Addresses of networks that the node does not have are left out. Rejects with
 * `ASTRA_ERR_TICKET_*` when it is no ticket or its grant is forged, and with a TypeError when the node has none of its
 * networks.
 */
export async function planOfTicket(text: string, reader: TicketReader): Promise<JoinPlan> {
  const ticket = parseTicket(text)
  const targets = targetsOf(ticket, reader)
  const credentials = await credentialsOf(ticket, reader)
  return { key: text, targets, credentials: await expecting(credentials, ticket.expected) }
}

function targetsOf({ addresses }: Ticket, { transportFor }: TicketReader): JoinTarget[] {
  const faults: unknown[] = []
  const targets = addresses.flatMap((text) => {
    const [network = '', address = ''] = splitAddress(text)
    try {
      return [{ transport: transportFor(network), network, address }]
    } catch (error) {
      faults.push(error)
      return []
    }
  })
  if (targets.length === 0) throw faults[0]
  return targets
}

/** A ticket has checked that the address has both parts. */
function splitAddress(text: string): [network: string, address: string] {
  const at = text.indexOf('://')
  return [text.slice(0, at), text.slice(at + '://'.length)]
}

async function credentialsOf({ secret, grant }: Ticket, { own }: TicketReader): Promise<LinkCredentials> {
  if (secret !== undefined) return { psk: pskOf(secret) }
  if (grant === undefined) return own
  const { id } = await readGrant(grant.bytes)
  return { psk: undefined, grant: { id, psk: grant.psk, bytes: grant.bytes } }
}

/** The key decides; another key can have the same id. By the id a link that is open already is found. */
async function expecting(
  credentials: LinkCredentials,
  key: Uint8Array | undefined,
): Promise<LinkCredentials> {
  if (key === undefined) return credentials
  return { ...credentials, expectedNodeId: await nodeIdOfKey(key), expectedKey: key }
}

/** @internal Whether two targets are the same address. */
export function isSameTarget(one: JoinTarget, other: JoinTarget): boolean {
  return one.network === other.network && one.address === other.address
}

/** @internal A target as text, `network://address`. */
export function textOfTarget({ network, address }: JoinTarget): string {
  // An address of WebSocket may be a whole URL.
  return address.startsWith(`${network}://`) ? address : `${network}://${address}`
}

/** @internal A target that could not be joined, and why. */
export interface JoinFault {
  readonly target: JoinTarget
  readonly error: unknown
}

/** @internal The error of an attempt of which no target could be joined: one or more. */
export function joinError(faults: readonly JoinFault[]): unknown {
  const [only] = faults
  if (faults.length === 1) return only?.error
  const errors = faults.map(({ error }) => error)
  // A node that answered says more than an address where there is none.
  const shown = errors.find((error) => /^ASTRA_ERR_(LINK|TICKET)_/.test(codeOf(error))) ?? only?.error
  const reasons = faults.map(
    ({ target, error }) =>
      `${textOfTarget(target)}: ${error instanceof Error ? error.message : String(error)}`,
  )
  const message = `none of the ${errors.length} addresses could be joined. ${reasons.join('; ')}`
  return new AstraError(codeOf(shown), message, { cause: new AggregateError(errors, message) })
}

function codeOf(error: unknown): string {
  const { code } = (error ?? {}) as { code?: unknown }
  return typeof code === 'string' ? code : 'ASTRA_ERR_LINK_CLOSED'
}
