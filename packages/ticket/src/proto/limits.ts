import type { NumberRange } from '@astranet/interface/check'

/** The most bytes of a grant. */
export const MAX_GRANT_BYTES = 2_048

/** The most characters of a ticket. Terminals and chat programs take a line of this length. */
export const MAX_TICKET_CHARACTERS = 2_048

/** How long after its expiry a grant still counts as valid, in milliseconds: the clocks of two nodes differ. */
export const CLOCK_TOLERANCE_MS = 60_000

/** Bytes of a grant's id. */
export const GRANT_ID_BYTES = 16

/** The bounds of what a grant says. */
export const GrantLimit = {
  ROLES: 16,
  ROLE_BYTES: 64,
  SERVICES: 32,
  SERVICE_BYTES: 511,
} as const

/** How many different nodes a grant may let in. */
export const GRANT_USES: NumberRange = { min: 1, max: 65_535 }

/** When a grant may expire, in milliseconds since 1970: up to the largest time of a `Date`. */
export const GRANT_TIMES: NumberRange = { min: 0, max: 8_640_000_000_000_000 }

/** The bounds of what a ticket holds. */
export const TicketLimit = {
  ADDRESSES: 16,
  ADDRESS_BYTES: 255,
  SECRET_BYTES: 512,
} as const
