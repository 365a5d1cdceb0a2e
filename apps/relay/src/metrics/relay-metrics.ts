import { collectDefaultMetrics, Registry } from 'prom-client'
import { formatNodeId } from '@astranet/core'
import type { Reply } from '../admin/reply.js'
import type { RelaySnapshot } from '../node/relay.js'
import { VERSION } from '../version.js'
import { MetricSet } from './metric-set.js'

/** The roles of nodes, each with a value of its own also when there is none. */
const ROLES = ['router', 'node', 'leaf'] as const

/** The metrics of the relay, of its process, and of Node. Their names and units stay from version to version. */
export class RelayMetrics {
  readonly #registry = new Registry()
  readonly #set: MetricSet

  constructor() {
    collectDefaultMetrics({ register: this.#registry })
    this.#set = new MetricSet(this.#registry)
  }

  /** All of them, as Prometheus reads them. The relay's values are those of the snapshot. */
  async text(snapshot: RelaySnapshot): Promise<Omit<Reply, 'status'>> {
    this.#set.begin()
    this.#relay(snapshot)
    this.#links(snapshot)
    this.#tunnels(snapshot)
    this.#catalogue(snapshot)
    return { type: this.#registry.contentType, body: await this.#registry.metrics() }
  }

  #relay({ node, state, joins }: RelaySnapshot): void {
    const set = this.#set
    set.gauge('astranet_relay_info', 'Always 1; the labels say who and which version it is.', 1, {
      node_id: formatNodeId(node.nodeId),
      version: VERSION,
    })
    set.gauge('astranet_relay_ready', '1 when nodes can join, otherwise 0.', state === 'ready' ? 1 : 0)
    const linked = new Set(node.links.map(({ nodeId }) => nodeId))
    const joined = joins.filter(({ nodeId }) => nodeId !== undefined && linked.has(nodeId)).length
    const help = 'Relays that this one is to join (--join), by whether there is a link.'
    set.gauge('astranet_relay_joins', help, joined, { linked: 'true' })
    set.gauge('astranet_relay_joins', help, joins.length - joined, { linked: 'false' })
  }

  #links({ node, links, refused }: RelaySnapshot): void {
    const set = this.#set
    for (const role of ROLES) {
      const count = node.links.filter((link) => link.role === role).length
      set.gauge('astranet_links', 'Open links to other nodes, by the role of these.', count, { role })
    }
    const streams = node.links.reduce((sum, { openStreams }) => sum + openStreams, 0)
    set.gauge(
      'astranet_streams_open',
      'Open streams of all links, those of the links themselves too.',
      streams,
    )
    set.counter('astranet_links_opened_total', 'Links that have opened.', links.opened)
    for (const [code, count] of links.closed)
      set.counter(
        'astranet_links_closed_total',
        'Links that have closed, by error code; "none" in order.',
        count,
        {
          code,
        },
      )
    for (const [code, count] of refused)
      set.counter(
        'astranet_connections_refused_total',
        'Connections that became no link, by error code.',
        count,
        {
          code,
        },
      )
    const { sentBytes, receivedBytes } = node.traffic
    set.counter('astranet_link_sent_bytes_total', 'Bytes sent over all links.', sentBytes)
    set.counter('astranet_link_received_bytes_total', 'Bytes received over all links.', receivedBytes)
  }

  #tunnels({ node }: RelaySnapshot): void {
    const set = this.#set
    const { tunnels, heldBytes, opened, lost, forwardedBytes, refused } = node.forwarding
    set.gauge('astranet_tunnels_open', 'Tunnels through this relay.', tunnels)
    set.gauge('astranet_tunnel_held_bytes', 'Bytes of tunnels that wait in this relay.', heldBytes)
    set.counter('astranet_tunnels_opened_total', 'Tunnels that were opened.', opened)
    set.counter('astranet_tunnels_lost_total', 'Tunnels that ended because a link on the way did.', lost)
    set.counter('astranet_tunnel_forwarded_bytes_total', 'Bytes forwarded, both directions.', forwardedBytes)
    for (const [reason, count] of Object.entries(refused))
      set.counter('astranet_tunnels_refused_total', 'Tunnels that were refused, by reason.', count, {
        reason,
      })
  }

  #catalogue({ node, routes }: RelaySnapshot): void {
    const set = this.#set
    const { entries, heldBytes, refused, sentMessages, receivedMessages, verifications } = node.registry
    set.gauge('astranet_nodes_reachable', 'Other nodes that can be reached.', routes.length)
    set.gauge('astranet_services', 'Services that are offered in the network.', node.services.length)
    set.gauge('astranet_catalogue_entries', 'Entries of other nodes that are held.', entries)
    set.gauge('astranet_catalogue_held_bytes', 'Memory of what is held of other nodes.', heldBytes)
    set.gauge('astranet_catalogue_refused_nodes', 'Nodes that publish too much to be held.', refused)
    set.counter('astranet_catalogue_sent_messages_total', 'Messages sent to neighbours.', sentMessages)
    set.counter('astranet_catalogue_received_messages_total', 'Messages of neighbours.', receivedMessages)
    set.counter('astranet_catalogue_signature_checks_total', 'Signatures that were checked.', verifications)
  }
}
