import type { NodeInspection } from './inspection.js'

/** One value of a metric. */
export interface MetricValue {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/**
 * A metric of a node, as Prometheus has them. Its name, type, unit and labels stay from version to version; metrics may
 * be added.
 */
export interface Metric {
  readonly name: string
  /** A sentence for people. */
  readonly help: string
  /** A counter only rises as long as the node lives; a gauge falls, too. */
  readonly type: 'counter' | 'gauge'
  /** One for each set of labels; none of a counter by code as long as there is no such code. */
  readonly values: readonly MetricValue[]
}

/** The roles of nodes, each with a value of its own also when there is none. */
const ROLES = ['router', 'node', 'leaf'] as const

/** Where joins are. */
const STATES = ['connecting', 'joined', 'waiting'] as const

/** @internal The metrics of a node at a moment; see `AstraNet.metrics`. */
export function metricsOf(node: NodeInspection): Metric[] {
  return [...ofLinks(node), ...ofDials(node), ...ofTunnels(node), ...ofCatalogue(node), ...ofMemory(node)]
}

function ofLinks({ links, streams, traffic, linkCounts, joins }: NodeInspection): Metric[] {
  return [
    by('astranet_links', 'Open links to other nodes, by the role of these.', 'role', {
      of: ROLES,
      count: (role) => links.filter((link) => link.role === role).length,
    }),
    by(
      'astranet_links_by_path',
      'Open links to other nodes, by their path: direct, or through routers.',
      'path',
      {
        of: ['direct', 'relay'],
        count: (path) => links.filter((link) => link.path.kind === path).length,
      },
    ),
    gauge(
      'astranet_streams_open',
      'Open streams of all links, those of the links themselves too.',
      streams.open,
    ),
    gauge('astranet_streams_waiting', 'Streams of other nodes that wait to be accepted.', streams.waiting),
    counter('astranet_links_opened_total', 'Links that have opened.', linkCounts.opened),
    byCode(
      'astranet_links_closed_total',
      'Links that have closed, by error code; "none" in order.',
      linkCounts.closed,
    ),
    byCode(
      'astranet_connections_refused_total',
      'Connections that became no link, by error code.',
      linkCounts.refused,
    ),
    counter('astranet_link_sent_bytes_total', 'Bytes sent over all links.', traffic.sentBytes),
    counter('astranet_link_received_bytes_total', 'Bytes received over all links.', traffic.receivedBytes),
    by('astranet_joins', 'Joins of this node, by where they stand.', 'state', {
      of: STATES,
      count: (state) => joins.filter((join) => join.state === state).length,
    }),
  ]
}

function ofDials({ dials, arrivals, listeners }: NodeInspection): Metric[] {
  const sockets = listeners.reduce((sum, each) => sum + each.sockets, 0)
  return [
    gauge('astranet_dials_in_flight', 'Dials that wait for a name, a link or an answer.', dials.inFlight),
    counter('astranet_dials_connected_total', 'Dials of this node that have connected.', dials.connected),
    byCode(
      'astranet_dials_failed_total',
      'Dials of this node that have failed, by error code.',
      dials.failed,
    ),
    gauge('astranet_listeners', 'Ports that are bound.', listeners.length),
    gauge('astranet_accepted_sockets', 'Sockets that were handed out and are open.', sockets),
    counter('astranet_dials_accepted_total', 'Dials that bound ports have taken.', arrivals.accepted),
    counter('astranet_dials_refused_total', 'Dials that were refused here.', arrivals.refused),
  ]
}

function ofTunnels({ forwarding }: NodeInspection): Metric[] {
  const { tunnels, heldBytes, opened, lost, forwardedBytes, refused } = forwarding
  return [
    gauge('astranet_tunnels_open', 'Tunnels through this node.', tunnels),
    gauge('astranet_tunnel_held_bytes', 'Bytes of tunnels that wait in this node.', heldBytes),
    counter('astranet_tunnels_opened_total', 'Tunnels that were opened.', opened),
    counter('astranet_tunnels_lost_total', 'Tunnels that ended because a link on the way did.', lost),
    counter('astranet_tunnel_forwarded_bytes_total', 'Bytes forwarded, both directions.', forwardedBytes),
    {
      name: 'astranet_tunnels_refused_total',
      help: 'Tunnels that were refused, by reason.',
      type: 'counter',
      values: Object.entries(refused).map(([reason, value]) => ({ labels: { reason }, value })),
    },
  ]
}

function ofCatalogue({ registry, services }: NodeInspection): Metric[] {
  const { reachable, entries, heldBytes, refused, sentMessages, receivedMessages, verifications } = registry
  return [
    gauge('astranet_nodes_reachable', 'Other nodes whose services are visible.', reachable),
    gauge(
      'astranet_services',
      'Services that are offered in the network, as far as this node knows.',
      services.length,
    ),
    gauge('astranet_catalogue_entries', 'Entries of other nodes that are held.', entries),
    gauge('astranet_catalogue_held_bytes', 'Memory of what is held of other nodes.', heldBytes),
    gauge('astranet_catalogue_refused_nodes', 'Nodes that publish too much to be held.', refused),
    counter('astranet_catalogue_sent_messages_total', 'Messages sent to neighbours.', sentMessages),
    counter('astranet_catalogue_received_messages_total', 'Messages of neighbours.', receivedMessages),
    counter('astranet_catalogue_signature_checks_total', 'Signatures that were checked.', verifications),
  ]
}

function ofMemory({ memory }: NodeInspection): Metric[] {
  const { receiveBytes, maxReceiveBytes } = memory
  const help = 'Bytes that are received and unread, or that other nodes may still send.'
  return [
    gauge('astranet_receive_bytes', help, receiveBytes),
    gauge('astranet_receive_limit_bytes', 'The limit of astranet_receive_bytes.', maxReceiveBytes),
  ]
}

function gauge(name: string, help: string, value: number): Metric {
  return { name, help, type: 'gauge', values: [{ labels: {}, value }] }
}

function counter(name: string, help: string, value: number): Metric {
  return { name, help, type: 'counter', values: [{ labels: {}, value }] }
}

function by(
  name: string,
  help: string,
  label: string,
  { of, count }: { readonly of: readonly string[]; readonly count: (value: string) => number },
): Metric {
  return {
    name,
    help,
    type: 'gauge',
    values: of.map((each) => ({ labels: { [label]: each }, value: count(each) })),
  }
}

function byCode(name: string, help: string, counts: Readonly<Record<string, number>>): Metric {
  const values = Object.entries(counts).map(([code, value]) => ({ labels: { code }, value }))
  return { name, help, type: 'counter', values }
}
