import { AstraError, type NodeId } from '@astranet/interface'
import type { RemoteNode } from '@astranet/link'
import {
  checkGrant,
  GrantLedger,
  issuerCheck,
  readGrant,
  type Granter,
  type GrantTerms,
} from '@astranet/ticket'

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

  /** What the grant of a peer that came in by one says, or why it does not count here and now. */
  async read({ grant, grantId }: RemoteNode): Promise<GrantTerms | AstraError> {
    try {
      const terms = await readGrant(grant ?? new Uint8Array(0))
      const fault = await checkGrant(terms, { keyId: grantId, isIssuer: this.#isIssuer, nowMs: Date.now() })
      return fault ?? terms
    } catch (error) {
      if (error instanceof AstraError) return error
      throw error
    }
  }

  /** Counts the peer as let in, or returns why it may not be. */
  use(terms: GrantTerms, nodeId: NodeId): AstraError | undefined {
    return this.#ledger.admit(terms, nodeId, Date.now())
  }
}
