import { copyBytes } from '@astranet/interface/bytes'
import { encodeMessage } from '@astranet/frame/message'
import { KEY_BYTES } from '@astranet/secure/proto'
import { bytesOf, integerIn, listOf, outOfRange, textOf, wrongType, type Fault } from '../fault.js'
import { GRANT_ID_BYTES, GRANT_TIMES, GRANT_USES, GrantLimit } from '../limits.js'

/** What a grant says: who may come in, as what, until when. */
export interface GrantTerms {
  /** 16 random bytes, not all zeros. The key of the handshake is derived from them. */
  readonly id: Uint8Array
  /** The Ed25519 public key of the node that grants, 32 bytes. */
  readonly issuer: Uint8Array
  /** The roles that the holder has for policies: at most 16, each of 1 to 64 letters, digits, `.`, `_` and `-`. */
  readonly roles: readonly string[]
  /**
   * Patterns of the services that the holder may dial and offer, as in policies: `name`, or `environment/name`, where
   * `*` stands for any characters; an environment may have several parts, `a/b/name`. At most 32, each of 1 to 511 bytes. Absent: all services; empty: none.
   */
  readonly services?: readonly string[] | undefined
  /** How many different nodes the grant lets in, as counted by each node that admits: 1 to 65,535. */
  readonly uses: number
  /** When the grant ends, in milliseconds since 1970: an integer from 0 to 8.64e15. */
  readonly expiresAt: number
}

const idBytes = bytesOf(GRANT_ID_BYTES)
const keyBytes = bytesOf(KEY_BYTES)
/** The shapes of roles and of patterns of services in policies: other texts would match nothing there. */
const ROLE = /^[A-Za-z0-9._-]+$/
const SERVICE_PATTERN =
  /^(?:(?:[^\p{Cc}\p{Cs}\s:@/]+(?:\/[^\p{Cc}\p{Cs}\s:@/]+)*)?\/)?[^\p{Cc}\p{Cs}\s:@/]+$/u

const rolesRule = listOf(textOf(ROLE, 'letters, digits, ".", "_" and "-"', GrantLimit.ROLE_BYTES), {
  min: 0,
  max: GrantLimit.ROLES,
})
const servicesRule = listOf(
  textOf(SERVICE_PATTERN, '"name" or "environment/name", with or without "*"', GrantLimit.SERVICE_BYTES),
  { min: 0, max: GrantLimit.SERVICES },
)
const usesRule = integerIn(GRANT_USES)
const expiryRule = integerIn(GRANT_TIMES)

/** What is wrong with the id of a grant. All zeros stand for the network's own secret, so no grant has them. */
export function grantIdFault(name: string, id: unknown): Fault | undefined {
  const fault = idBytes(name, id)
  if (fault !== undefined) return fault
  return (id as Uint8Array).some((byte) => byte !== 0) ? undefined : outOfRange(name, 'other than all zeros')
}

/** What is wrong with terms, the first thing; `prefix` goes before the names of the fields. */
export function termsFault(prefix: string, terms: GrantTerms): Fault | undefined {
  return (
    grantIdFault(`${prefix}id`, terms.id) ??
    keyBytes(`${prefix}issuer`, terms.issuer) ??
    rolesRule(`${prefix}roles`, terms.roles) ??
    (terms.services === undefined ? undefined : servicesRule(`${prefix}services`, terms.services)) ??
    usesRule(`${prefix}uses`, terms.uses) ??
    expiryRule(`${prefix}expiresAt`, terms.expiresAt)
  )
}

/** Terms as the message that is signed. The same terms always give the same bytes. */
export function encodeTerms({ id, issuer, roles, services, uses, expiresAt }: GrantTerms): Uint8Array {
  return encodeMessage([id, issuer, roles, services ?? null, uses, expiresAt])
}

/** Reads the value of that message, into bytes of its own. */
export function termsOfValue(value: unknown): GrantTerms | Fault {
  if (!Array.isArray(value) || value.length !== 6) return wrongType('its terms', 'an array of 6')
  const [id, issuer, roles, services, uses, expiresAt] = value as unknown[]
  const terms = { id, issuer, roles, services: services ?? undefined, uses, expiresAt } as GrantTerms
  const fault = termsFault('', terms)
  if (fault !== undefined) return fault
  const { services: patterns, ...rest } = terms
  return {
    ...rest,
    id: copyBytes(terms.id),
    issuer: copyBytes(terms.issuer),
    ...(patterns === undefined ? {} : { services: patterns }),
  }
}
