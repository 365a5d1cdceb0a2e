import type { NodeId } from '@astranet/interface'
import type { Link } from '@astranet/link'
import type { Reporter } from '../node/reporter.js'
import type { LinkPath } from './link-path.js'
import type { LinkRecord } from './link-record.js'

/** New streams to a node take another path: `{ nodeId, path }`; `path` is `undefined` when there is no link any more. */
const LINK_PATH = 'astranet:link:path'

/** What reporting paths needs. */
export interface PathReportsParts {
  readonly reporter: Pick<Reporter, 'publish'>
  /** The link that dials of the node use. */
  readonly linkTo: (nodeId: NodeId) => Link | undefined
  readonly recordOf: (link: Link) => Pick<LinkRecord, 'path'> | undefined
}

/** Publishes by which path each node is reached, when that changes. Holds one entry per node that has a link. */
export class PathReports {
  readonly #parts: PathReportsParts
  readonly #reported = new Map<NodeId, LinkPath>()

  constructor(parts: PathReportsParts) {
    this.#parts = parts
  }

  /** The links to the node have changed. */
  changed(nodeId: NodeId): void {
    const { reporter, linkTo, recordOf } = this.#parts
    const link = linkTo(nodeId)
    const path = link === undefined ? undefined : recordOf(link)?.path
    const before = this.#reported.get(nodeId)
    if (isSamePath(before, path)) return
    if (path === undefined) this.#reported.delete(nodeId)
    else this.#reported.set(nodeId, path)
    reporter.publish(LINK_PATH, { nodeId, path })
  }
}

function isSamePath(one: LinkPath | undefined, other: LinkPath | undefined): boolean {
  if (one === undefined || other === undefined) return one === other
  return one.kind === other.kind && one.method === other.method && one.via.join() === other.via.join()
}
