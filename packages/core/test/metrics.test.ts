import { channel, subscribe, unsubscribe } from 'node:diagnostics_channel'
import { readFileSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import { AstraNet, type Metric } from '../src/index.js'
import { failure, twoNodes, until } from './support.js'

/** The value of a metric with these labels. */
function valueOf(
  metrics: readonly Metric[],
  name: string,
  labels: Record<string, string> = {},
): number | undefined {
  const { values } = metrics.find((each) => each.name === name) ?? { values: [] }
  return values.find((each) => JSON.stringify(each.labels) === JSON.stringify(labels))?.value
}

/** What is published on a channel until the test's end. */
function observed(name: string): Record<string, unknown>[] {
  const messages: Record<string, unknown>[] = []
  const onMessage = (message: unknown): void => void messages.push(message as Record<string, unknown>)
  subscribe(name, onMessage)
  onTestFinished(() => void unsubscribe(name, onMessage))
  return messages
}

test('docs/DIAGNOSTICS.md has each metric with its type, its labels and its help', async () => {
  await using node = new AstraNet()
  const document = readFileSync(new URL('../../../docs/DIAGNOSTICS.md', import.meta.url), 'utf8')
  const rows = document.matchAll(/^\| `(astranet_\w+)`\s*\| (\w+)\s*\| ([^|]*?)\s*\| (.*?)\s*\|$/gm)
  const documented = Array.from(rows, ([, name, type, labels, help]) => [name, type, labels, help])
  const labelsOf = ({ name, values }: Metric): string => {
    if (/^astranet_(links_closed|connections_refused|dials_failed)_total$/.test(name)) return '`code`'
    if (name === 'astranet_tunnels_refused_total') return '`reason`'
    return Object.keys(values[0]?.labels ?? {})
      .map((label) => `\`${label}\``)
      .join(', ')
  }
  const metrics = node.metrics()
  expect(documented).toEqual(metrics.map((each) => [each.name, each.type, labelsOf(each), each.help]))
  for (const { name, type, help, values } of metrics) {
    expect(name).toMatch(type === 'counter' ? /^astranet_[a-z_]+_total$/ : /^astranet_(?!.*_total$)[a-z_]+$/)
    expect(help).toMatch(/^[A-Z].*\.$/)
    for (const { value } of values)
      expect(value).toBe(name === 'astranet_receive_limit_bytes' ? 268_435_456 : 0)
  }
})

test('metrics() and inspect() show what happens', async () => {
  await using nodes = await twoNodes()
  const { server, client } = nodes
  const listener = await server.bind('echo')
  const socket = await client.dial('echo')
  const accepted = await listener.accept()
  expect(await failure(client.dial('nobody', { timeoutMs: 0 }))).toMatchObject({ code: 'ENOTFOUND' })
  const [atServer, atClient] = [server.metrics(), client.metrics()]
  expect(valueOf(atClient, 'astranet_links', { role: 'node' })).toBe(1)
  expect(valueOf(atClient, 'astranet_links_by_path', { path: 'direct' })).toBe(1)
  expect(valueOf(atClient, 'astranet_joins', { state: 'joined' })).toBe(1)
  expect(valueOf(atClient, 'astranet_dials_connected_total')).toBe(1)
  expect(valueOf(atClient, 'astranet_dials_failed_total', { code: 'ENOTFOUND' })).toBe(1)
  expect(valueOf(atClient, 'astranet_dials_in_flight')).toBe(0)
  expect(valueOf(atClient, 'astranet_link_sent_bytes_total')).toBeGreaterThan(0)
  expect(valueOf(atServer, 'astranet_dials_accepted_total')).toBe(1)
  expect(valueOf(atServer, 'astranet_accepted_sockets')).toBe(1)
  expect(valueOf(atServer, 'astranet_listeners')).toBe(1)
  expect(valueOf(atServer, 'astranet_streams_open')).toBeGreaterThan(1)
  expect(server.inspect()).toMatchObject({
    links: [{ nodeId: client.nodeId, role: 'node', path: { kind: 'direct' }, isDialedHere: false }],
    routes: [{ nodeId: client.nodeId, distance: 0, via: [] }],
    tunnels: [],
    listeners: [{ service: 'echo', environment: '', waiting: 0, sockets: 1 }],
    endpoints: [{ network: 'tcp4', address: nodes.endpoint.address }],
    streams: { waiting: 0, maxWaiting: 65_536 },
    arrivals: { accepted: 1, refused: 0 },
    linkCounts: { opened: 1, closed: {}, refused: {} },
    joins: [],
  })
  const inspected = client.inspect()
  expect(inspected).toMatchObject({
    routes: [{ nodeId: server.nodeId }],
    joins: [{ state: 'joined', nodeId: server.nodeId }],
  })
  expect(inspected.memory.receiveBytes).toBeGreaterThan(0)
  // Plain data: a clone loses the methods and accessors of anything else. Services are what services() gives.
  const { services, ...plain } = inspected
  expect(structuredClone(plain)).toStrictEqual(plain)
  expect(services).toEqual(client.services())
  for (const each of [socket, accepted]) each.on('error', () => undefined).destroy()
  await client.leave(server.nodeId)
  const code = 'ASTRA_ERR_LINK_REFUSED'
  await until(() => valueOf(server.metrics(), 'astranet_links_closed_total', { code }) === 1)
  expect(valueOf(server.metrics(), 'astranet_links', { role: 'node' })).toBe(0)
})

test('dials and listeners are published with what the table says, and only while somebody observes them', async () => {
  await using nodes = await twoNodes()
  const { server, client } = nodes
  const names = ['dial:connected', 'dial:failed', 'listener:bound', 'listener:closed', 'listener:accepted']
  for (const name of [...names, 'listener:refused'])
    expect(channel(`astranet:${name}`).hasSubscribers).toBe(false)
  const all = Object.fromEntries(
    [...names, 'listener:refused'].map((name) => [name, observed(`astranet:${name}`)]),
  )
  const listener = await server.withEnv('blue').bind('echo:7')
  await client.withEnv('blue').waitFor('echo')
  const socket = await client.withEnv('blue').dial('echo')
  const { localPort } = socket
  await listener.accept()
  await failure(client.dial('routes:1', { timeoutMs: 0 }))
  socket.on('error', () => undefined).destroy()
  await failure(server.dial(':4711'))
  listener.close()
  const [environment, service, port] = ['blue', 'echo', 7]
  const { nodeId } = server
  const ends = { environment, service, port, nodeId: client.nodeId, remotePort: localPort }
  expect(all).toEqual({
    'dial:connected': [
      {
        ...{ address: 'echo', environment, nodeId, localPort, remotePort: port },
        ...{ path: { kind: 'direct', via: [] }, durationMs: expect.any(Number) },
      },
    ],
    'dial:failed': [
      { address: 'routes:1', environment: '', error: expect.any(Error), durationMs: expect.any(Number) },
      { address: ':4711', environment: '', error: expect.any(Error), durationMs: expect.any(Number) },
    ],
    'listener:bound': [{ environment, service, port }],
    'listener:closed': [{ environment, service, port }],
    'listener:accepted': [ends],
    'listener:refused': [
      {
        ...{ environment: '', service: undefined, port: 4_711, nodeId, remotePort: expect.any(Number) },
        text: expect.stringMatching(/nobody listens/),
      },
    ],
  })
})
