import { expect, test } from 'vitest'
import { RelayProcess } from './relay-process.js'
import { user } from './support.js'

/** The metrics of a relay in which nothing has happened, with their types. They are what dashboards are made of. */
const METRICS = {
  astranet_relay_info: 'gauge',
  astranet_relay_ready: 'gauge',
  astranet_relay_joins: 'gauge',
  astranet_links: 'gauge',
  astranet_links_by_path: 'gauge',
  astranet_streams_open: 'gauge',
  astranet_streams_waiting: 'gauge',
  astranet_links_opened_total: 'counter',
  astranet_links_closed_total: 'counter',
  astranet_connections_refused_total: 'counter',
  astranet_link_sent_bytes_total: 'counter',
  astranet_link_received_bytes_total: 'counter',
  astranet_joins: 'gauge',
  astranet_dials_in_flight: 'gauge',
  astranet_dials_connected_total: 'counter',
  astranet_dials_failed_total: 'counter',
  astranet_listeners: 'gauge',
  astranet_accepted_sockets: 'gauge',
  astranet_dials_accepted_total: 'counter',
  astranet_dials_refused_total: 'counter',
  astranet_tunnels_open: 'gauge',
  astranet_tunnel_held_bytes: 'gauge',
  astranet_tunnels_opened_total: 'counter',
  astranet_tunnels_lost_total: 'counter',
  astranet_tunnel_forwarded_bytes_total: 'counter',
  astranet_tunnels_refused_total: 'counter',
  astranet_nodes_reachable: 'gauge',
  astranet_services: 'gauge',
  astranet_catalogue_entries: 'gauge',
  astranet_catalogue_held_bytes: 'gauge',
  astranet_catalogue_refused_nodes: 'gauge',
  astranet_catalogue_sent_messages_total: 'counter',
  astranet_catalogue_received_messages_total: 'counter',
  astranet_catalogue_signature_checks_total: 'counter',
  astranet_receive_bytes: 'gauge',
  astranet_receive_limit_bytes: 'gauge',
}

test('the names and types of the metrics stay', async () => {
  const relay = await RelayProcess.listening()
  const response = await fetch(`${await relay.admin()}/metrics`)
  expect(response.headers.get('content-type')).toContain('text/plain; version=0.0.4')
  const text = await response.text()
  const types = [...text.matchAll(/^# TYPE (astranet_\w+) (\w+)$/gm)].map(([, name, type]) => [name, type])
  expect(Object.fromEntries(types)).toEqual(METRICS)
  expect(text).toContain('\nprocess_resident_memory_bytes ')
  expect(text).toContain('\nnodejs_eventloop_lag_seconds ')
})

test('the metrics move with what happens', async () => {
  const relay = await RelayProcess.listening()
  const value = (name: string): Promise<number> => relay.metric(name)
  expect(await value('astranet_relay_ready')).toBe(1)
  expect(await value('astranet_links{role="node"}')).toBe(0)
  const [server, client] = [user(), user({ role: 'leaf' })]
  for (const node of [server, client]) await node.join('tcp', await relay.address())
  await server.bind('', 'echo')
  await client.waitFor('echo')
  expect(await value('astranet_links{role="node"}')).toBe(1)
  expect(await value('astranet_links{role="leaf"}')).toBe(1)
  expect(await value('astranet_nodes_reachable')).toBe(2)
  expect(await value('astranet_services')).toBe(1)
  expect(await value('astranet_links_opened_total')).toBe(2)
  expect(await value('astranet_streams_open')).toBeGreaterThan(0)
  const sent = await value('astranet_link_sent_bytes_total')
  expect(sent).toBeGreaterThan(0)
  await client.close()
  await relay.event('left')
  expect(await value('astranet_links{role="leaf"}')).toBe(0)
  expect(await value('astranet_links_closed_total{code="none"}')).toBe(1)
  // What a closed link has sent is not forgotten.
  expect(await value('astranet_link_sent_bytes_total')).toBeGreaterThanOrEqual(sent)
  await server.close()
  await relay.event('left', { node: (await relay.event('joined'))['node'] })
  expect(await value('astranet_services')).toBe(0)
})
