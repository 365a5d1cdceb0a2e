import { formatNodeId, type AstraError, type NodeId } from '@astranet/interface'
import type { Catalogue, Report } from '@astranet/registry'
import type { Reporter } from '../node/reporter.js'
import { ReachReports } from './reach-reports.js'

/** Something of the registry was refused: `{ kind, owner, speaker, text, code }`. */
const REGISTRY_REFUSED = 'astranet:registry:refused'

/** Two lives of this node's identity: `{ nodeId, speaker, text }`. */
const REGISTRY_CONFLICT = 'astranet:registry:conflict'

/** A node can be reached, or cannot any more: `{ nodeId, isReachable }`. */
const REGISTRY_REACHABLE = 'astranet:registry:reachable'

/**
 * How often another life of this node may show before its user is warned: a restart with a clock that was set back
 * shows once, a second node with this identity again and again.
 */
const LIVES_BEFORE_WARNING = 2

/** What the registry's reports are made of. */
export interface RegistryReportsParts {
  readonly catalogue: Pick<Catalogue, 'takeReports' | 'reachable' | 'isReachable' | 'watchReachable'>
  readonly reporter: Omit<Reporter, 'channel'>
}

/** Publishes what happens in the registry on diagnostics channels, and warns once of a second node with this identity. */
export class RegistryReports {
  readonly #parts: RegistryReportsParts
  /** `undefined` while nobody observes which nodes can be reached. */
  #reachable: ReachReports | undefined = undefined
  #rivals = 0

  constructor(parts: RegistryReportsParts) {
    this.#parts = parts
  }

  /** Publishes what the catalogue has to report, which is at most 64 events at a time. */
  publish(): void {
    for (const report of this.#parts.catalogue.takeReports()) {
      if (report.kind === 'rival') this.#rival(report)
      else this.#parts.reporter.publish(REGISTRY_REFUSED, report)
    }
  }

  /** The links of a neighbour end because of what it sent. */
  cut(speaker: NodeId, { code, message: text }: AstraError): void {
    this.#parts.reporter.publish(REGISTRY_REFUSED, { kind: 'cut', owner: undefined, speaker, text, code })
  }

  /** The platform failed to check what a neighbour sent. */
  unchecked(speaker: NodeId, text: string): void {
    this.#parts.reporter.publish(REGISTRY_REFUSED, { kind: 'unchecked', owner: undefined, speaker, text })
  }

  /** A neighbour offers what its grant does not cover. */
  withheld(owner: NodeId): void {
    const text = 'it offers services that its grant does not cover, so nothing of it is passed on'
    this.#parts.reporter.publish(REGISTRY_REFUSED, { kind: 'grant', owner, speaker: owner, text })
  }

  /**
   * Publishes which nodes have become reachable, and which unreachable. Costs nothing while nobody observes it. The
   * first call with an observer reads all nodes, later calls only those that have changed.
   */
  graphChanged(): void {
    const { catalogue, reporter } = this.#parts
    if (!reporter.hasSubscribers(REGISTRY_REACHABLE)) {
      this.#reachable?.close()
      this.#reachable = undefined
      return
    }
    this.#reachable ??= new ReachReports(catalogue)
    for (const change of this.#reachable.take()) reporter.publish(REGISTRY_REACHABLE, change)
  }

  #rival({ owner, speaker, text }: Report): void {
    const { reporter } = this.#parts
    reporter.publish(REGISTRY_CONFLICT, { nodeId: owner, speaker, text })
    this.#rivals += 1
    if (this.#rivals !== LIVES_BEFORE_WARNING) return
    const warning =
      `AstraNet: another node uses the identity of this one, ${formatNodeId(owner)}: its services and those of ` +
      'this node replace each other. Give each node an identity of its own.'
    reporter.warn(warning, 'ASTRA_WARN_ID_CONFLICT')
  }
}
