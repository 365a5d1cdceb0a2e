import { formatNodeId, type NodeId } from '@astranet/interface'
import { CloseCode, isSameLife, LinkError, type Link, type LinkRole } from '@astranet/link'
import type { Reporter } from '../node/reporter.js'

/** Two nodes have one id: `{ nodeId, isOwn, remoteAddresses }`. */
const NODE_CONFLICT = 'astranet:node:conflict'

/** How many ids are remembered as reported; when there is one more, the oldest is forgotten. */
const MAX_REPORTED = 1_024

/** The most neighbours whose claims about this node's own id are reported. */
const MAX_CLAIMANTS = 8

/** The most conflicts of neighbours that cause a warning: a member can make identities, and conflicts, without end. */
const MAX_WARNED = 64

/** What is known of a link that has ended. */
export interface EndedLink {
  readonly role: LinkRole
  readonly remoteAddress: string
}

interface Conflict {
  readonly nodeId: NodeId
  /** Whether the id is this node's own. Otherwise it is the id of two neighbours. */
  readonly isOwn: boolean
  /** The address of the neighbour that reported it, or those of the two neighbours. */
  readonly remoteAddresses: readonly string[]
}

/** An open link, and where it leads. */
export interface LinkEnd {
  readonly link: Link
  readonly remoteAddress: string
}

/**
 * Notices that two nodes have one id, and reports it: to both nodes over their links, and to the observers and the
 * user of this program, once for each id. What neighbours claim about this node's own id is reported apart from what
 * this node notices itself, once for each of the first {@link MAX_CLAIMANTS} neighbours, so that a false claim hides
 * nothing. Conflicts of neighbours are warned of {@link MAX_WARNED} times, and published each time.
 *
 * A restarted node has the same id as its former life, and the links of that life may not have been noticed as
 * broken. So a link to another life under a known id is not a conflict by itself; it is one if the older link still
 * answers.
 */
export class Conflicts {
  readonly #self: NodeId
  readonly #reporter: Omit<Reporter, 'channel'>
  readonly #reported = new Set<NodeId>()
  readonly #claimants = new Set<NodeId>()
  /** Warnings of two neighbours with one id. */
  #warned = 0

  constructor(self: NodeId, reporter: Omit<Reporter, 'channel'>) {
    this.#self = self
    this.#reporter = reporter
  }

  /** A link to the node has opened beside the one that was preferred until then. */
  opened(nodeId: NodeId, older: LinkEnd, newer: LinkEnd): void {
    if (isSameLife(older.link.facts, newer.link.facts)) return
    older.link.ping().then(
      () => {
        // If both take dials, neither of the two nodes is about to leave.
        if (older.link.isDialable && newer.link.isDialable) this.#found(nodeId, older, newer)
      },
      // The former life has ended.
      () => undefined,
    )
  }

  /**
   * A link has ended, perhaps because two nodes have one id: this side noticed it, or the node that this side dialed
   * reported it. A close from a node that dialed this one never reports it.
   */
  ended(error: Error | undefined, { role, remoteAddress }: EndedLink): void {
    if (!(error instanceof LinkError) || error.closeCode !== CloseCode.CONFLICT) return
    if (error.cause === undefined || role !== 'acceptor') this.#report(...this.#own(remoteAddress))
  }

  /** A neighbour claims that another node has this node's id. */
  claimed(claimant: NodeId, remoteAddress: string): void {
    const isKnown = this.#reported.has(this.#self) || this.#claimants.has(claimant)
    if (isKnown || this.#claimants.size >= MAX_CLAIMANTS) return
    this.#claimants.add(claimant)
    this.#publish(...this.#own(remoteAddress))
  }

  #own(remoteAddress: string): [message: Conflict, text: string] {
    const id = formatNodeId(this.#self)
    const from = remoteAddress === '' ? '' : ` (reported by the node at ${remoteAddress})`
    return [
      { nodeId: this.#self, isOwn: true, remoteAddresses: [remoteAddress] },
      `AstraNet: another node has this node's id ${id}${from}. Dials to one of them can reach the other. ` +
        'Give each node an identity of its own, or none, which makes a new one.',
    ]
  }

  #found(nodeId: NodeId, older: LinkEnd, newer: LinkEnd): void {
    older.link.tellConflict()
    newer.link.tellConflict()
    const remoteAddresses = [older.remoteAddress, newer.remoteAddress]
    this.#report(
      { nodeId, isOwn: false, remoteAddresses },
      `AstraNet: two nodes that have links to this one, ${remoteAddresses.join(' and ')}, have the same id ` +
        `${formatNodeId(nodeId)}. Only one of them can be dialed. The conflict was reported to both.`,
    )
  }

  #report(message: Conflict, text: string): void {
    const { nodeId } = message
    if (this.#reported.has(nodeId)) return
    const [oldest] = this.#reported
    if (oldest !== undefined && this.#reported.size >= MAX_REPORTED) this.#reported.delete(oldest)
    this.#reported.add(nodeId)
    this.#publish(message, text)
  }

  #publish(message: Conflict, text: string): void {
    this.#reporter.publish(NODE_CONFLICT, message)
    if (!message.isOwn) this.#warned += 1
    if (message.isOwn || this.#warned <= MAX_WARNED) this.#reporter.warn(text, 'ASTRA_WARN_ID_CONFLICT')
  }
}
