import type { AstraError } from '@astranet/interface'
import { equalBytes } from '@astranet/interface/bytes'
import { checkNumber, checkOptions, type OptionNames } from '@astranet/interface/check'
import { ticketError } from '../errors.js'
import { throwFault } from '../fault.js'
import { expiredError, isExpired } from './expiry.js'
import { grantIdFault, type GrantTerms } from './grant-terms.js'
import type { IssuerCheck } from './issuer-check.js'

/** What a grant is checked against. */
export interface GrantCheck {
  /** The time, in milliseconds since 1970. */
  readonly nowMs: number
  /** Whether grants of an issuer are believed: `issuerCheck(granters)`, or a function of the program's own. */
  readonly isIssuer: IssuerCheck
  /**
   * The id from which the key of the handshake was derived, 16 bytes. A node that admits must give it: otherwise a
   * holder of one grant could show another. `undefined`, where nothing was proved: not checked.
   */
  readonly keyId: Uint8Array | undefined
}

const NAMES: OptionNames<GrantCheck> = { nowMs: true, isIssuer: true, keyId: true }

/**
 * Whether a grant that `readGrant` has returned counts here and now: `undefined` when it does, otherwise an error with
 * the code `ASTRA_ERR_TICKET_FORGED` (another key id), `_ISSUER` or `_EXPIRED`. Its uses are not counted: that is the
 * ledger's, and comes last.
 */
export async function checkGrant(terms: GrantTerms, check: GrantCheck): Promise<AstraError | undefined> {
  const { nowMs, isIssuer, keyId } = checkOptions('check', check, NAMES)
  checkNumber('nowMs', nowMs, { min: 0, max: Number.MAX_SAFE_INTEGER })
  if (keyId !== undefined) {
    throwFault(grantIdFault('keyId', keyId))
    if (!equalBytes(keyId, terms.id))
      return ticketError(
        'ASTRA_ERR_TICKET_FORGED',
        'The handshake was made with the key of another grant than the one that is shown. See who connects.',
      )
  }
  if (!(await isIssuer(terms.issuer)))
    return ticketError(
      'ASTRA_ERR_TICKET_ISSUER',
      `This node believes no grants of the node with the public key ${hex(terms.issuer)}. ` +
        'Ask a node that may grant for a ticket, or add that key to the granters of this node.',
    )
  return isExpired(terms.expiresAt, nowMs) ? expiredError(terms.expiresAt) : undefined
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
