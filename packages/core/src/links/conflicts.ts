import { formatNodeId, type NodeId } from '@astranet/interface'
import { CloseCode, isSameLife, LinkError, type Link, type LinkRole } from '@astranet/link'
import type { Reporter } from '../node/platform.js'

/** Two nodes have one id: `{ nodeId, isOwn, remoteAddresses }`. */
const NODE_CONFLICT = 'astranet:node:conflict'

/** Ids of which it is remembered that they were told of; for one more the oldest is forgotten. */
const MAX_TOLD = 1_024

/** What is known of a link that has ended. */
export interface EndedLink {
  readonly role: LinkRole
  readonly remoteAddress: string
}

interface Conflict {
  readonly nodeId: NodeId
  /** Whether the id is this node's own. Otherwise it is that of two neighbours. */
  readonly isOwn: boolean
  /** Of those that told it, or of the two neighbours. */
  readonly remoteAddresses: readonly string[]
}

/** An open link, and where it leads. */
export interface LinkEnd {
  readonly link: Link
  readonly remoteAddress: string
}

/**
 * Notices that two nodes have one id, and tells: the two nodes over their links, and whoever observes or runs this program,
 * once for each id.
 *
 * A node that was started again has the id of its former life too, whose links may not have been noticed as broken. So a
 * link to another life under a known id is no conflict by itself; it is one when the link before still answers.
 */
export class Conflicts {
  readonly #self: NodeId
  readonly #reporter: Reporter
  readonly #told = new Set<NodeId>()

  constructor(self: NodeId, reporter: Reporter) {
    this.#self = self
    this.#reporter = reporter
  }

  /** A link to the node has opened beside the one that was preferred until then. */
  opened(nodeId: NodeId, older: LinkEnd, newer: LinkEnd): void {
    if (isSameLife(older.link.facts, newer.link.facts)) return
    older.link.ping().then(
      () => {
        // Of two nodes that take dials one is not about to give way to the other.
        if (older.link.isDialable && newer.link.isDialable) this.#found(nodeId, older, newer)
      },
      // The former life is over.
      () => undefined,
    )
  }

  /**
   * A link has ended: perhaps because two nodes have one id. This side saw that, or the node that it dialed said so; nobody
   * else says it in a close.
   */
  ended(error: Error | undefined, { role, remoteAddress }: EndedLink): void {
    if (!(error instanceof LinkError) || error.closeCode !== CloseCode.CONFLICT) return
    if (error.cause === undefined || role !== 'acceptor') this.own(remoteAddress)
  }

  /** A neighbour said that another node has this node's id. */
  own(remoteAddress: string): void {
    const id = formatNodeId(this.#self)
    const from = remoteAddress === '' ? '' : ` (told by the node at ${remoteAddress})`
    this.#tell(
      { nodeId: this.#self, isOwn: true, remoteAddresses: [remoteAddress] },
      `AstraNet: another node has this node's id ${id}${from}. What is meant for one of them reaches the other. ` +
        'Give each node an id of its own, or none, which makes it random.',
    )
  }

  #found(nodeId: NodeId, older: LinkEnd, newer: LinkEnd): void {
    older.link.tellConflict()
    newer.link.tellConflict()
    const remoteAddresses = [older.remoteAddress, newer.remoteAddress]
    this.#tell(
      { nodeId, isOwn: false, remoteAddresses },
      `AstraNet: two nodes that have links to this one, ${remoteAddresses.join(' and ')}, have the same id ` +
        `${formatNodeId(nodeId)}. Only one of them can be dialed. Both were told.`,
    )
  }

  #tell(message: Conflict, text: string): void {
    const { nodeId } = message
    if (this.#told.has(nodeId)) return
    const [oldest] = this.#told
    if (oldest !== undefined && this.#told.size >= MAX_TOLD) this.#told.delete(oldest)
    this.#told.add(nodeId)
    this.#reporter.publish(NODE_CONFLICT, message)
    this.#reporter.warn(text, 'ASTRA_WARN_ID_CONFLICT')
  }
}
