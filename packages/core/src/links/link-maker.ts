import { onAbort, toError, type ByteDuplex, type Clock, type NodeId } from '@astranet/interface'
import { CloseCode, Link, linkError, type HelloProof, type LinkIdentity, type LinkRole } from '@astranet/link'
import type { SessionLimits } from '@astranet/mux'
import type { AtExit } from '../node/at-exit.js'
import type { LinkTable } from './link-table.js'
import { PendingHandshakes } from './pending-handshakes.js'

/** What making links needs of the node. */
export interface LinkMakerParts {
  /** What each link proves in HELLO; `undefined`: nothing. */
  readonly proof: HelloProof | undefined
  readonly introduction: () => LinkIdentity
  readonly clock: Clock
  readonly helloTimeoutMs: number
  readonly sessionLimits: SessionLimits
  readonly table: LinkTable
  readonly atExit: AtExit
}

/** Makes links of pipes, dialed, accepted or attached, and decides which pipes may become a link. */
export class LinkMaker {
  readonly #parts: LinkMakerParts
  readonly #pending: PendingHandshakes = new PendingHandshakes()
  #sequence = 0

  constructor(parts: LinkMakerParts) {
    this.#parts = parts
  }

  /**
   * Makes a link of a pipe. Resolves with the node's id when both HELLOs are accepted; rejects when the link ends
   * before. `signal` ends it until then, and the promise rejects with its reason. The pipe belongs to the link in any
   * case.
   */
  async adopt(duplex: ByteDuplex, role: LinkRole, signal?: AbortSignal): Promise<NodeId> {
    if (signal?.aborted === true) {
      duplex.abort(toError(signal.reason))
      signal.throwIfAborted()
    }
    const { introduction, table, atExit } = this.#parts
    const { remoteAddress } = duplex
    const { incarnation } = introduction()
    const link = this.#makeLink(duplex, role)
    if (role === 'acceptor') this.#pending.add(link)
    let ignoreSignal = (): void => undefined
    try {
      return await new Promise<NodeId>((resolve, reject) => {
        const giveUp = (): void => {
          reject(signal?.reason as Error)
          link.destroy(toError(signal?.reason))
        }
        const opening = { resolve, reject }
        const forget = atExit(link)
        table.add(link, { role, remoteAddress, incarnation, opening, nodeId: undefined, forget })
        ignoreSignal = onAbort(signal, giveUp)
        link.start()
      })
    } finally {
      this.#pending.delete(link)
      ignoreSignal()
    }
  }

  #makeLink(duplex: ByteDuplex, role: LinkRole): Link {
    const { introduction, clock, helloTimeoutMs, sessionLimits, proof, table } = this.#parts
    try {
      if (table.isClosed) throw linkError(CloseCode.NO_ERROR, 'this node is closed')
      this.#sequence += 1
      return new Link(duplex, {
        role,
        identity: introduction(),
        handler: table,
        randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
        sequence: this.#sequence,
        helloTimeoutMs,
        clock,
        ...(proof === undefined ? {} : { proof }),
        sessionOptions: sessionLimits,
      })
    } catch (error) {
      duplex.abort(toError(error))
      throw error
    }
  }
}
