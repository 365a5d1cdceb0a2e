import type { NodeId } from '@astranet/interface'
import type { JoinTarget } from './join-plan.js'
import type { LinkCredentials } from './link-credentials.js'
import type { LinkMaker } from './link-maker.js'
import type { PreferredLinks } from './preferred-links.js'
import type { ToldRouter } from './told-addresses.js'
import { dialTarget } from './ways/dial-target.js'

/** How long the connection to one address may take, in ms. */
const CONNECT_TIMEOUT_MS = 3_000

/** @internal What linking with other routers needs of the node. */
export interface StandInsParts {
  readonly maker: Pick<LinkMaker, 'adopt'>
  /** What the node proves there after a join with these credentials; `undefined`: nothing now, so it dials nothing. */
  readonly credentialsAfter: (joined: LinkCredentials | undefined) => LinkCredentials | undefined
  readonly preferred: Pick<PreferredLinks, 'hasAny'>
  /** The routers that were known when there were links. */
  readonly routers: () => readonly ToldRouter[]
}

/**
 * Links a node that has lost all its links with another router of its network, while its joins go on trying. Such a
 * link is not made again when it is lost, unless the joins still fail.
 */
export class StandIns {
  readonly #parts: StandInsParts
  readonly #stopping = new AbortController()
  #isTrying = false

  constructor(parts: StandInsParts) {
    this.#parts = parts
  }

  /** A join with these credentials has failed: tries each router once, with the same, if there is no link at all. */
  want(joined: LinkCredentials | undefined): void {
    if (this.#isTrying || this.#stopping.signal.aborted || this.#parts.preferred.hasAny) return
    const credentials = this.#parts.credentialsAfter(joined)
    if (credentials === undefined) return
    this.#isTrying = true
    // The errors are not reported: that of the join is, and its next failure starts another round.
    void this.#tryAll(credentials).finally(() => (this.#isTrying = false))
  }

  /** Idempotent. */
  stop(): void {
    this.#stopping.abort(new Error('the node was closed'))
  }

  async #tryAll(credentials: LinkCredentials): Promise<void> {
    for (const { nodeId, targets } of this.#parts.routers()) {
      for (const target of targets) {
        if (this.#parts.preferred.hasAny || this.#stopping.signal.aborted) return
        if (await this.#connect(target, { credentials, expectedNodeId: nodeId })) return
      }
    }
  }

  async #connect(
    target: JoinTarget,
    expected: { readonly credentials: LinkCredentials; readonly expectedNodeId: NodeId },
  ): Promise<boolean> {
    const { signal } = this.#stopping
    try {
      const connection = await dialTarget(target, { timeoutMs: CONNECT_TIMEOUT_MS, signal })
      const { network } = target
      await this.#parts.maker.adopt(connection, 'dialer', { signal, network, ...expected })
      return true
    } catch {
      return false
    }
  }
}
