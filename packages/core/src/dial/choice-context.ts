import type { NodeId } from '@astranet/interface'
import type { Link } from '@astranet/link'
import type { SelectorContext, ServiceInstance } from '@astranet/registry'

/** @internal The links about which selectors may ask. */
export interface LinksToMeasure {
  readonly self: NodeId
  /** The link that dials of the node use. */
  linkTo(nodeId: NodeId): Link | undefined
}

/** @internal What a dial looks for. */
export interface Choice {
  readonly key: string | undefined
  readonly port: number | undefined
  readonly zone: string
}

/** What a selector may know about one dial and about the links to the instances' nodes. */
export class ChoiceContext implements SelectorContext {
  readonly key: string | undefined
  readonly port: number | undefined
  readonly zone: string
  readonly #links: LinksToMeasure

  constructor({ key, port, zone }: Choice, links: LinksToMeasure) {
    this.key = key
    this.port = port
    this.zone = zone
    this.#links = links
  }

  /** Numbers from 0 up to but not including 1. */
  random(): number {
    return Math.random()
  }

  /** The streams that are open on the link to the instance's node; 0 for this node. */
  openStreams({ nodeId }: ServiceInstance): number {
    return this.#links.linkTo(nodeId)?.session?.openStreams ?? 0
  }

  /** The latest round trip to the instance's node in ms; 0 for this node, `undefined` before the first measurement. */
  rttMs({ nodeId }: ServiceInstance): number | undefined {
    return nodeId === this.#links.self ? 0 : this.#links.linkTo(nodeId)?.session?.rttMs
  }
}
