import { AstraError, formatNodeId, type NodeId } from '@astranet/interface'
import type { Claims } from '../log/incarnation-claims.js'
import type { GraphSignal } from '../graph/graph-signal.js'
import { decodeMessage, type Delta, type Digest } from './messages.js'
import type { Neighbour, Neighbours } from './neighbours.js'
import type { Offers } from '../view/service-index.js'
import type { RecordChange } from '../log/replica.js'
import { maySpeakFor } from '../log/trust.js'

/** What an {@link Exchange} acts on. */
export interface ExchangeParts {
  readonly self: NodeId
  readonly claims: Claims
  readonly neighbours: Neighbours
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
  receive(from: Neighbour, message: unknown, now: number): AstraError | undefined {
    const decoded = decodeMessage(message)
    if (decoded instanceof AstraError) return decoded
    if (decoded.type === 'delta') return this.#heardDelta(from, decoded)
    if (!from.questions.asked(now)) return tooManyQuestions(from.replica.owner)
    if (decoded.type === 'digest') return this.#heardDigest(from, decoded, now)
    this.#parts.neighbours.startOver(from)
    return undefined
  }

  #heardDigest(from: Neighbour, digest: Digest, now: number): AstraError | undefined {
    const { self, claims } = this.#parts
    const version = digest.held.find((each) => each.owner === self)?.version
    const error = version && claims.heard(version, from.replica.owner, now)
    if (error === undefined) from.conversation?.heardDigest(version)
    return error
  }

  #heardDelta(from: Neighbour, delta: Delta): AstraError | undefined {
    const speaker = from.replica.owner
    if (!maySpeakFor(speaker, delta.owner)) {
      const message = `node ${formatNodeId(speaker)} may not speak for node ${formatNodeId(delta.owner)}`
      return new AstraError('ASTRA_ERR_REGISTRY_OWNER', message)
    }
    const result = from.replica.apply(delta)
    from.conversation?.heardDelta(result.kind === 'gap')
    if (result.kind !== 'applied' && result.kind !== 'refused') return undefined
    if (from.isCurrent) for (const change of result.changes) this.#changed(speaker, change)
    if (result.kind === 'refused') return result.error
    if (!from.isCurrent && result.isCurrent) this.#becameCurrent(from)
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

function tooManyQuestions(asker: NodeId): AstraError {
  const message = `node ${formatNodeId(asker)} asks again and again for what it was told`
  return new AstraError('ASTRA_ERR_REGISTRY_ABUSE', message)
}
