import { AstraError, formatNodeId, type NodeId } from '@astranet/interface'
import type { GraphSignal } from '../graph/graph-signal.js'
import type { Delta } from '../log/delta.js'
import type { RecordChange } from '../log/holding.js'
import type { IncarnationClaims } from '../log/incarnation-claims.js'
import type { OwnLinks } from '../log/own-links.js'
import type { ServiceIndex } from '../view/service-index.js'
import { decodeMessage, type Digest, type RegistryMessage } from './messages.js'
import { refusedAsLargest, type Neighbour, type Neighbours } from './neighbours.js'
import { maySpeakFor } from './trust.js'

/** A neighbour whose messages must not be taken any more. */
export interface Refused {
  readonly nodeId: NodeId
  readonly error: AstraError
}

/** What an {@link Exchange} acts on. */
export interface ExchangeParts {
  readonly self: NodeId
  readonly claims: IncarnationClaims
  readonly neighbours: Neighbours
  readonly ownLinks: OwnLinks
  readonly index: ServiceIndex
  readonly graph: GraphSignal
}

/** The exchange with all neighbours: links that come and go, messages both ways, and what they change. */
export class Exchange {
  readonly #parts: ExchangeParts
  #refused: Refused[] = []

  constructor(parts: ExchangeParts) {
    this.#parts = parts
  }

  /** See `Catalogue.neighbourUp`. */
  neighbourUp(nodeId: NodeId, incarnation: number | undefined, now: number): void {
    const { neighbours, graph } = this.#parts
    if (!neighbours.isUp(nodeId)) graph.mark()
    neighbours.setUp(nodeId, incarnation, now)
  }

  /** See `Catalogue.neighbourDown`. */
  neighbourDown(nodeId: NodeId, now: number): void {
    const { neighbours } = this.#parts
    const neighbour = neighbours.up(nodeId)
    if (neighbour === undefined) return
    this.#removeLink(neighbour)
    neighbours.setDown(neighbour, now)
  }

  /** The next message that is due to a neighbour. */
  next(to: NodeId, now: number): RegistryMessage | undefined {
    return this.#parts.neighbours.up(to)?.sync?.next(now)
  }

  /** See `Catalogue.dueAt`. */
  dueAt(to: NodeId, now: number): number | undefined {
    const { claims, neighbours } = this.#parts
    const dueAt = neighbours.up(to)?.sync?.dueAt(now)
    const claimAt = claims.dueAt
    return dueAt === undefined ? claimAt : Math.min(dueAt, claimAt ?? Infinity)
  }

  /** Takes any value that a neighbour sent. Errors as `Catalogue.receive` describes; it never throws. */
  receive(nodeId: NodeId, message: unknown, now: number): AstraError | undefined {
    const { claims, neighbours } = this.#parts
    const neighbour = neighbours.up(nodeId)
    if (neighbour === undefined) return undefined
    claims.adoptDue(now)
    const error = this.#receive(neighbour, message, now)
    this.#makeRoom(neighbour)
    return error
  }

  /** See `Catalogue.takeRefused`. */
  takeRefused(): readonly Refused[] {
    const refused = this.#refused
    if (refused.length > 0) this.#refused = []
    return refused
  }

  #receive(from: Neighbour, message: unknown, now: number): AstraError | undefined {
    const decoded = decodeMessage(message)
    if (decoded instanceof AstraError) return decoded
    if (decoded.type === 'delta') return this.#receiveDelta(from, decoded)
    if (!from.requests.use(now)) return tooManyRequests(from.replica.owner)
    if (decoded.type === 'digest') return this.#receiveDigest(from, decoded, now)
    this.#parts.neighbours.startOver(from)
    return undefined
  }

  #receiveDigest(from: Neighbour, digest: Digest, now: number): AstraError | undefined {
    const { self, claims } = this.#parts
    const version = digest.held.find((each) => each.owner === self)?.version
    const error = version && claims.receive(version, from.replica.owner, now)
    if (error === undefined) from.sync?.receivedDigest(version)
    return error
  }

  #receiveDelta(from: Neighbour, delta: Delta): AstraError | undefined {
    const speaker = from.replica.owner
    if (!maySpeakFor(speaker, delta.owner)) {
      const message = `node ${formatNodeId(speaker)} may not speak for node ${formatNodeId(delta.owner)}`
      return new AstraError('ASTRA_ERR_REGISTRY_OWNER', message)
    }
    const result = from.replica.apply(delta)
    from.sync?.receivedDelta(result.kind === 'gap')
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
    const { index, graph } = this.#parts
    if (now?.kind === 'service') index.add(owner, now)
    else if (before?.kind === 'service') index.remove(owner, before)
    else graph.mark()
  }

  #makeRoom(changed: Neighbour): void {
    const { neighbours } = this.#parts
    neighbours.count(changed)
    for (let largest = neighbours.makeRoom(); largest !== undefined; largest = neighbours.makeRoom()) {
      if (largest.replica.isBeingReplaced) this.#dropReplaced(largest)
      else this.#refuse(largest)
    }
  }

  /** The entries of a neighbour's earlier life make room for the snapshot that replaces them. */
  #dropReplaced(neighbour: Neighbour): void {
    this.#hideEntries(neighbour)
    neighbour.isCurrent = false
    neighbour.replica.dropReplaced()
    this.#parts.neighbours.count(neighbour)
  }

  #refuse(neighbour: Neighbour): void {
    this.#removeLink(neighbour)
    this.#parts.neighbours.forget(neighbour)
    this.#refused.push({ nodeId: neighbour.replica.owner, error: refusedAsLargest(neighbour) })
  }

  /** There is no link to the neighbour any more, and what it offers is not offered here. */
  #removeLink(neighbour: Neighbour): void {
    this.#hideEntries(neighbour)
    this.#parts.ownLinks.down(neighbour.replica.owner)
  }

  #hideEntries({ isCurrent, replica }: Neighbour): void {
    const { index, graph } = this.#parts
    for (const record of isCurrent ? replica.records() : []) {
      if (record.kind === 'service') index.remove(replica.owner, record)
    }
    graph.mark()
  }
}

function tooManyRequests(asker: NodeId): AstraError {
  const message = `node ${formatNodeId(asker)} asks again and again for what it was sent`
  return new AstraError('ASTRA_ERR_REGISTRY_ABUSE', message)
}
