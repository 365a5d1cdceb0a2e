import { AstraError, type NodeId } from '@astranet/interface'
import { equalBytes } from '@astranet/interface/bytes'
import type { RemoteNode } from '@astranet/link'
import { defaultProvider } from '@astranet/secure'
import { grantKeyId } from '@astranet/secure/proto'
import {
  checkGrant,
  GrantLedger,
  issuerCheck,
  readGrant,
  TicketErrorCode,
  type Granter,
  type GrantTerms,
} from '@astranet/ticket'
import type { GrantedRights } from './remote-identity.js'

/** The grant of a peer, and what this node thinks of it. */
export interface ReadGrant {
  readonly terms: GrantTerms
  readonly keyId: Uint8Array
  /** Whether this node believes the issuer. If not, another node vouches that the peer came in by the grant. */
  readonly isBelieved: boolean
}

/**
 * The grants by which peers come in: those that this node has signed, and those of the nodes that it believes. Uses are
 * counted in memory, within the limits of `GrantLedger`.
 */
export class Grants {
  readonly #isIssuer: ReturnType<typeof issuerCheck>
  readonly #ledger = new GrantLedger()

  /** `granters`: the nodes that are believed, this one among them. Throws a TypeError or RangeError for a wrong one. */
  constructor(granters: readonly Granter[]) {
    this.#isIssuer = issuerCheck(granters)
  }

  /**
   * What the grant of a peer that came in by one says, or why it does not count here and now. A peer for which a node
   * with the network's secret vouches, and not the issuer, needs no believed issuer: then its grant only limits it.
   */
  async read({ grant = NOTHING, grantId, grantKeyId: vouched }: RemoteNode): Promise<ReadGrant | AstraError> {
    try {
      const terms = await readGrant(grant)
      const keyId = await grantKeyId(defaultProvider.crypto, grant)
      if (vouched !== undefined && !equalBytes(vouched, keyId)) return otherGrant()
      const isBelieved = await this.#isIssuer(terms.issuer)
      const isEnough = isBelieved || vouched !== undefined
      const check = { keyId: grantId, isIssuer: () => isEnough, nowMs: Date.now() }
      const fault = await checkGrant(terms, check)
      return fault ?? { terms, keyId, isBelieved }
    } catch (error) {
      if (error instanceof AstraError) return error
      throw error
    }
  }

  /**
   * Counts the peer as let in, or returns why it may not be. A node that does not believe the issuer does not count.
   */
  use({ terms, isBelieved }: ReadGrant, nodeId: NodeId): AstraError | undefined {
    return isBelieved ? this.#ledger.admit(terms, nodeId, Date.now()) : undefined
  }
}

const NOTHING = new Uint8Array(0)

/** What a grant gives here: its roles only where its issuer is believed. */
export function rightsOf({ terms, keyId, isBelieved }: ReadGrant): GrantedRights {
  return { roles: isBelieved ? terms.roles : [], services: terms.services, grantKeyId: keyId }
}

function otherGrant(): AstraError {
  return new AstraError(
    TicketErrorCode.FORGED,
    'The node shows another grant than the one for which a router vouches. See who connects.',
  )
}
