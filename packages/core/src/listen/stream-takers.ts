import type { StreamTakers } from '../links/incoming-stream.js'
import { IncomingDials, type IncomingDialsParts } from './incoming-dials.js'
import { IncomingTunnels, type IncomingTunnelsParts } from './incoming-tunnels.js'

/** What a node does with each kind of stream that a neighbour opens. */
export function streamTakers(parts: IncomingDialsParts & IncomingTunnelsParts): StreamTakers {
  const dials = new IncomingDials(parts)
  const tunnels = new IncomingTunnels(parts)
  return {
    dial: (nodeId, link, incoming) => dials.take(nodeId, link, incoming),
    tunnel: (nodeId, link, incoming) => tunnels.take(nodeId, link, incoming),
    refused: ({ kind, reason }) => {
      if (kind === 'tunnel') parts.forwarder().countRefusal(reason)
      else parts.reports.refusedUnread()
    },
  }
}
