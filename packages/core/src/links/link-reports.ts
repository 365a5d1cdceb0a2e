import type { NodeId } from '@astranet/interface'
import type { Link } from '@astranet/link'
import { CodeCounter, type CodeCounts } from '../node/code-counts.js'
import type { Reporter } from '../node/reporter.js'
import type { LinkRecord } from './link-record.js'

/** A link is open: `{ nodeId, remoteAddress, path, isDialedHere, roles, security }`. */
const LINK_OPENED = 'astranet:link:opened'

/** A link that was open has closed: `{ nodeId, remoteAddress, path, sentBytes, receivedBytes, error }`. */
const LINK_CLOSED = 'astranet:link:closed'

/** Bytes of sessions, both directions. */
export interface Traffic {
  readonly sentBytes: number
  readonly receivedBytes: number
}

/** Publishes which links open and close, and counts the bytes of those that have closed, over direct paths. */
export class LinkReports {
  readonly #reporter: Pick<Reporter, 'publish'>
  #sentBytes = 0
  #receivedBytes = 0
  #opened = 0
  readonly #closed = new CodeCounter()

  constructor(reporter: Pick<Reporter, 'publish'>) {
    this.#reporter = reporter
  }

  /** Bytes of all links that have closed. */
  get closed(): Traffic {
    return { sentBytes: this.#sentBytes, receivedBytes: this.#receivedBytes }
  }

  /** How many links have opened, and how many of these have closed, by the error's code; `'none'`: in order. */
  get counts(): { readonly opened: number; readonly closed: CodeCounts } {
    return { opened: this.#opened, closed: this.#closed.counts }
  }

  /** The link to the node is open. */
  opened(nodeId: NodeId, link: Link, { remoteAddress, path }: LinkRecord): void {
    this.#opened += 1
    this.#reporter.publish(LINK_OPENED, {
      ...{ nodeId, remoteAddress, path },
      isDialedHere: link.facts.isDialedHere,
      roles: link.peer?.roles ?? [],
      security: link.remote?.security,
    })
  }

  /** A link has closed; `error` is why, if it is a fault. */
  ended(link: Link, { nodeId, remoteAddress, path }: LinkRecord, error: Error | undefined): void {
    const { sentBytes, receivedBytes } = trafficOf(link)
    if (path.kind === 'direct') {
      this.#sentBytes += sentBytes
      this.#receivedBytes += receivedBytes
    }
    if (nodeId === undefined) return
    this.#closed.add(error)
    this.#reporter.publish(LINK_CLOSED, { nodeId, remoteAddress, path, sentBytes, receivedBytes, error })
  }
}

/** The bytes of a link so far. */
export function trafficOf({ session }: Pick<Link, 'session'>): Traffic {
  return { sentBytes: session?.sentBytes ?? 0, receivedBytes: session?.receivedBytes ?? 0 }
}
