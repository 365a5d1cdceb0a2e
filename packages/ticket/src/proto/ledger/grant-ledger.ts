import type { AstraError, NodeId } from '@astranet/interface'
import { checkNumber } from '@astranet/interface/check'
import { ticketError } from '../errors.js'
import { expiredError, isExpired } from '../grant/expiry.js'
import type { GrantTerms } from '../grant/grant-terms.js'
import { ledgerLimits, type GrantLedgerOptions, type LedgerLimits } from './ledger-options.js'

/** What is remembered of one grant. */
interface Entry {
  readonly holders: Set<NodeId>
  /** The latest expiry of all grants with this issuer and id that were shown. */
  expiresAt: number
}

/**
 * Counts which nodes each grant has let in at this node. A node that was let in may come again as often as it likes
 * until the grant expires.
 *
 * Nothing is forgotten before it has expired, so a grant that is used up stays used up: a full ledger lets nobody new
 * in instead. It lives in memory: a restarted node counts anew.
 */
export class GrantLedger {
  readonly #limits: LedgerLimits
  readonly #entries = new Map<string, Entry>()
  #holders = 0
  /** No entry expires before this. */
  #firstExpiry = Infinity
  /** The latest expiry of what was forgotten: earlier ones count as expired also when the clock is set back. */
  #forgottenUntil = -Infinity

  /** Throws a `TypeError` or `RangeError` that names a wrong option. */
  constructor(options: GrantLedgerOptions = {}) {
    this.#limits = ledgerLimits(options)
  }

  /** How many grants are remembered. */
  get grants(): number {
    return this.#entries.size
  }

  /** How many nodes are remembered, of all grants together. */
  get holders(): number {
    return this.#holders
  }

  /**
   * Counts `nodeId` as let in by a grant that `readGrant` has returned and `checkGrant` has accepted, and returns
   * `undefined`. Otherwise counts nothing, and returns an error with the code `ASTRA_ERR_TICKET_EXPIRED`, `_USED_UP`,
   * or `_LEDGER` when the ledger is full. `nowMs` is the time in milliseconds since 1970.
   *
   * To be called as the last check before a node is let in: what is counted stays counted.
   */
  admit(terms: GrantTerms, nodeId: NodeId, nowMs: number): AstraError | undefined {
    this.forgetExpired(nowMs)
    const key = keyOf(terms)
    const entry = this.#entries.get(key)
    if (isExpired(terms.expiresAt, nowMs)) return expiredError(terms.expiresAt)
    if (entry === undefined && terms.expiresAt <= this.#forgottenUntil) return expiredError(terms.expiresAt)
    if (entry?.holders.has(nodeId) !== true) {
      const fault = this.#faultOfNewHolder(terms, entry)
      if (fault !== undefined) return fault
    }
    this.#count(entry ?? this.#add(key, terms.expiresAt), nodeId, terms.expiresAt)
    return undefined
  }

  /** Forgets the grants that have expired. `admit` does so too. `nowMs` is the time in milliseconds since 1970. */
  forgetExpired(nowMs: number): void {
    checkNumber('nowMs', nowMs, { min: 0, max: Number.MAX_SAFE_INTEGER })
    if (!isExpired(this.#firstExpiry, nowMs)) return
    this.#firstExpiry = Infinity
    for (const [key, { holders, expiresAt }] of this.#entries) {
      if (isExpired(expiresAt, nowMs)) {
        this.#entries.delete(key)
        this.#holders -= holders.size
        this.#forgottenUntil = Math.max(this.#forgottenUntil, expiresAt)
      } else {
        this.#firstExpiry = Math.min(this.#firstExpiry, expiresAt)
      }
    }
  }

  #faultOfNewHolder({ uses }: GrantTerms, entry: Entry | undefined): AstraError | undefined {
    const used = entry?.holders.size ?? 0
    if (used >= uses) return usedUpError(uses)
    const { maxGrants, maxHolders } = this.#limits
    if (entry === undefined && this.#entries.size >= maxGrants) return fullError(`${maxGrants} grants`)
    return this.#holders >= maxHolders ? fullError(`${maxHolders} nodes let in by grants`) : undefined
  }

  #add(key: string, expiresAt: number): Entry {
    const entry = { holders: new Set<NodeId>(), expiresAt }
    this.#entries.set(key, entry)
    return entry
  }

  #count(entry: Entry, nodeId: NodeId, expiresAt: number): void {
    this.#holders += entry.holders.has(nodeId) ? 0 : 1
    entry.holders.add(nodeId)
    // An issuer may have signed the same id twice; the uses of both count until the later one ends.
    entry.expiresAt = Math.max(entry.expiresAt, expiresAt)
    this.#firstExpiry = Math.min(this.#firstExpiry, entry.expiresAt)
  }
}

/** Two issuers may choose the same id; one must not use up the grant of the other. */
function keyOf({ issuer, id }: GrantTerms): string {
  return String.fromCharCode(...issuer, ...id)
}

function usedUpError(uses: number): AstraError {
  const nodes = uses === 1 ? 'one node' : `${uses} nodes`
  return ticketError(
    'ASTRA_ERR_TICKET_USED_UP',
    `This grant lets ${nodes} in, and others have used it. Ask its issuer for another ticket.`,
  )
}

function fullError(what: string): AstraError {
  return ticketError(
    'ASTRA_ERR_TICKET_LEDGER',
    `This node already counts ${what}, and can count no more until some expire. ` +
      'Try again later, or join at another node.',
  )
}
