import { RefusalReason } from '@astranet/link'
import type { StreamTakers } from '../links/incoming-stream.js'
import { IncomingDials, type IncomingDialsParts } from './incoming-dials.js'

/** What a node does with each kind of stream that a neighbour opens. */
export function streamTakers(parts: IncomingDialsParts): StreamTakers {
  const dials = new IncomingDials(parts)
  return {
    dial: (nodeId, link, incoming) => dials.take(nodeId, link, incoming),
    tunnel: (_nodeId, link, { stream }) =>
      link.refuse(stream, RefusalReason.NOT_SUPPORTED, 'this node does not forward for others'),
  }
}
