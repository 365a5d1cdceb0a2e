import { checkBoolean, checkInteger, invalidArgument, renameArgument } from '@astranet/interface/check'
import type { Identity } from '@astranet/secure'
import { formatTicket, generateGrantId, grantPsk, signGrant, type TicketGrant } from '@astranet/ticket'
import { checkOptions } from '../api/check.js'
import type { PskSource } from '../api/secret.js'
import type { GrantOptions, TicketOptions } from '../api/ticket-options.js'

const DEFAULT_EXPIRY_MS = 86_400_000

/** A hundred years. */
const MAX_EXPIRY_MS = 3_155_760_000_000

/** What making tickets needs of the node. */
export interface TicketMakerParts {
  readonly identity: Identity
  /** The network's secret, and what links prove of it; `undefined`: there is none. */
  readonly secret: string | undefined
  readonly psk: PskSource | undefined
  /** Where others can join this node. */
  readonly addresses: () => readonly string[]
}

/** Makes the tickets of a node. */
export class TicketMaker {
  readonly #parts: TicketMakerParts

  constructor(parts: TicketMakerParts) {
    this.#parts = parts
  }

  /** Rejects with a TypeError or RangeError that names what is wrong. */
  async make(options: TicketOptions): Promise<string> {
    const {
      expected = this.#parts.identity.publicKey,
      secret = false,
      grant,
    } = checkOptions('options', options, { addresses: true, expected: true, secret: true, grant: true })
    const { addresses = this.#ownAddresses() } = options
    const isWithSecret = checkBoolean('options.secret', secret)
    if (isWithSecret && grant !== undefined)
      throw invalidArgument('options.grant', 'must be left out of a ticket that has the secret')
    const ticket = {
      ...{ addresses, expected },
      ...(isWithSecret ? { secret: this.#secret() } : {}),
      ...(grant === undefined ? {} : { grant: await this.#grant(grant) }),
    }
    return await renaming(/^ticket\b/, 'options', () => formatTicket(ticket))
  }

  #ownAddresses(): readonly string[] {
    const addresses = this.#parts.addresses()
    if (addresses.length > 0) return addresses
    throw invalidArgument('options.addresses', 'must be given, because this node does not listen')
  }

  #secret(): string {
    const { secret } = this.#parts
    if (secret !== undefined) return secret
    throw invalidArgument('options.secret', 'must be false, because this node has no secret')
  }

  async #grant(options: GrantOptions): Promise<TicketGrant> {
    const { identity, psk } = this.#parts
    const {
      roles = [],
      services,
      uses = 1,
      expiresInMs = DEFAULT_EXPIRY_MS,
    } = checkOptions('options.grant', options, { roles: true, services: true, uses: true, expiresInMs: true })
    if (psk === undefined)
      throw invalidArgument(
        'options.grant',
        'must be left out, because this node has no secret, and so everybody may join',
      )
    checkInteger('options.grant.expiresInMs', expiresInMs, { min: 1, max: MAX_EXPIRY_MS })
    const id = generateGrantId()
    const expiresAt = Date.now() + expiresInMs
    const terms = { id, roles, uses, expiresAt, ...(services === undefined ? {} : { services }) }
    const bytes = await renaming(/^terms\b/, 'options.grant', () => signGrant(identity, terms))
    return { bytes, psk: await grantPsk(await psk(), id) }
  }
}

/** What `call` gives. Its errors call the argument as the caller of `ticket` does. */
async function renaming<T>(its: RegExp, callers: string, call: () => T | Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    renameArgument(error, (name) => name.replace(its, callers))
    throw error
  }
}
