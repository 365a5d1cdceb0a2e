import { AstraError, formatNodeId, type NodeId } from '@astranet/interface'
import type { GraphSignal } from './graph-signal.js'
import { decodeMessage, type Delta, type Digest } from './messages.js'
import type { Neighbour } from './neighbours.js'
import type { Offers } from './offers.js'
import type { OwnerLog } from './owner-log.js'
import type { Version } from './record.js'
import type { RecordChange } from './replica.js'
import { maySpeakFor } from './trust.js'

/** What an {@link Exchange} acts on. */
export interface ExchangeParts {
  readonly self: NodeId
  readonly log: OwnerLog
  readonly offers: Offers
  readonly graph: GraphSignal
}

/** What messages of neighbours do to the catalogue. */
export class Exchange {
  readonly #parts: ExchangeParts

  constructor(parts: ExchangeParts) {
    this.#parts = parts
  }

  /** Takes a message, whatever it is. Errors as `Catalogue.receive` says. Never throws for what a peer sent. */
  receive(from: Neighbour, message: unknown): AstraError | undefined {
    const decoded = decodeMessage(message)
    if (decoded instanceof AstraError) return decoded
    return decoded.type === 'digest' ? this.#heardDigest(from, decoded) : this.#heardDelta(from, decoded)
  }

  #heardDigest(from: Neighbour, digest: Digest): AstraError | undefined {
    const { self, log, graph } = this.#parts
    const version = digest.held.find((each) => each.owner === self)?.version
    if (version !== undefined && isBeyond(version, log.version)) {
      if (version.incarnation === Number.MAX_SAFE_INTEGER) {
        const message = `node ${formatNodeId(from.replica.owner)} claims the last incarnation there can be of this node`
        return new AstraError('ASTRA_ERR_REGISTRY_INCARNATION', message)
      }
      log.moveTo(version.incarnation + 1)
      graph.mark()
    }
    from.conversation?.heardDigest(version)
    return undefined
  }

  #heardDelta(from: Neighbour, delta: Delta): AstraError | undefined {
    const speaker = from.replica.owner
    if (!maySpeakFor(speaker, delta.owner)) {
      const message = `node ${formatNodeId(speaker)} may not speak for node ${formatNodeId(delta.owner)}`
      return new AstraError('ASTRA_ERR_REGISTRY_OWNER', message)
    }
    const result = from.replica.apply(delta)
    if (result instanceof AstraError) return result
    if (result.kind === 'gap') from.conversation?.askAgain()
    if (result.kind !== 'applied') return undefined
    if (from.isCurrent) for (const change of result.changes) this.#changed(speaker, change)
    else if (result.isCurrent) this.#becameCurrent(from)
    return undefined
  }

  #becameCurrent(neighbour: Neighbour): void {
    neighbour.isCurrent = true
    this.#parts.graph.mark()
    const { owner } = neighbour.replica
    for (const now of neighbour.replica.records()) this.#changed(owner, { before: undefined, now })
  }

  #changed(owner: NodeId, { before, now }: RecordChange): void {
    const { offers, graph } = this.#parts
    if (now?.kind === 'service') offers.offer(owner, now)
    else if (before?.kind === 'service') offers.withdraw(owner, before)
    else graph.mark()
  }
}

/** Whether `version` is newer than the newest of this node's: then it is from another life of the same node. */
function isBeyond(version: Version, newest: Version): boolean {
  if (version.incarnation !== newest.incarnation) return version.incarnation > newest.incarnation
  return version.sequence > newest.sequence
}
