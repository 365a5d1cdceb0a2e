import { request, type IncomingMessage } from 'node:http'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { formatNodeId } from '@astranet/core'
import { RelayProcess } from './relay-process.js'
import { user } from './support.js'

/** The answer to a request with a method or a `Host` of its own. */
async function ask(url: string, method: string, host?: string): Promise<IncomingMessage> {
  const made = request(url, { method, ...(host === undefined ? {} : { headers: { host } }) }).end()
  const [response] = (await once(made, 'response')) as [IncomingMessage]
  response.resume()
  return response
}

test('/healthz and /readyz answer', async () => {
  const relay = await RelayProcess.listening()
  const admin = await relay.admin()
  const [health, ready] = await Promise.all([fetch(`${admin}/healthz`), fetch(`${admin}/readyz`)])
  expect([health.status, await health.text()]).toEqual([200, 'ok\n'])
  expect([ready.status, await ready.text()]).toEqual([200, 'ready\n'])
})

test('a request for something that is no path is the mistake of its client', async () => {
  const relay = await RelayProcess.listening()
  const { port } = new URL(await relay.admin())
  const [response] = (await once(request({ port, path: '//' }).end(), 'response')) as [IncomingMessage]
  response.resume()
  expect(response.statusCode).toBe(400)
  expect(relay.events.some(({ event }) => event === 'admin-error')).toBe(false)
})

test('/status shows nodes, links, services and bytes', async () => {
  const relay = await RelayProcess.listening()
  const [server, client] = [user(), user({ role: 'leaf' })]
  for (const node of [server, client]) await node.join('tcp', await relay.address())
  await server.bind('', 'echo', { tags: ['loud'], zone: 'hall' })
  await server.withEnv('blue').bind('', 'hidden')
  await client.waitFor('echo')
  const status = await relay.status()
  const nodeId = formatNodeId(server.nodeId)
  expect(status.relay).toMatchObject({
    nodeId: (await relay.event('started'))['node'],
    version: expect.stringMatching(/^\d+\.\d+\.\d+/),
    state: 'ready',
    startedAt: expect.stringMatching(/^\d{4}-.*Z$/),
    uptimeSeconds: expect.any(Number),
    listeners: [`tcp://${await relay.address()}`],
  })
  expect(status.counts).toMatchObject({ nodes: 2, links: 2, linksOpened: 2, services: 2 })
  expect(status.nodes).toContainEqual({ nodeId, distance: 0, via: [], rttMs: expect.any(Number) })
  expect(status.links.map(({ role }) => role).sort()).toEqual(['leaf', 'node'])
  expect(status.links.find((link) => link['nodeId'] === nodeId)).toMatchObject({
    remoteAddress: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
    isDialedHere: false,
    security: 'private',
    openStreams: expect.any(Number),
    bytes: { sent: expect.any(Number), received: expect.any(Number) },
  })
  expect(status.services).toContainEqual({
    ...{ name: 'echo', environment: '', nodeId, tags: ['loud'], zone: 'hall' },
    ...{ port: expect.any(Number), weight: 1, version: '', health: 'passing' },
  })
  expect(status.services).toContainEqual(expect.objectContaining({ name: 'hidden', environment: 'blue' }))
  expect(status.bytes.sent).toBeGreaterThan(0)
  expect(status.bytes.received).toBeGreaterThan(0)
})

test('?limit bounds the lists of /status, not the counts; a wrong query is refused with a sentence', async () => {
  const relay = await RelayProcess.listening()
  const server = user()
  await server.join('tcp', await relay.address())
  for (const name of ['one', 'two', 'three']) await server.bind('', name)
  const client = user()
  await client.join('tcp', await relay.address())
  await client.waitFor('three')
  const url = `${await relay.admin()}/status`
  const short = (await (await fetch(`${url}?limit=2`)).json()) as {
    services: []
    counts: { services: number }
  }
  expect([short.services.length, short.counts.services]).toEqual([2, 3])
  for (const [query, sentence] of [
    ['limit=-1', 'limit must be a whole number from 0 to 100000\n'],
    ['limit=100001', 'limit must be a whole number from 0 to 100000\n'],
    ['limt=1', 'there is no parameter "limt", only limit\n'],
  ]) {
    const wrong = await fetch(`${url}?${query}`)
    expect([wrong.status, await wrong.text()]).toEqual([400, sentence])
  }
})

test('other paths and methods are refused, and HEAD has no body', async () => {
  const admin = await (await RelayProcess.listening()).admin()
  const missing = await fetch(`${admin}/`)
  expect([missing.status, await missing.text()]).toEqual([
    404,
    'there is /healthz, /readyz, /metrics and /status\n',
  ])
  const post = await ask(`${admin}/status`, 'POST')
  expect([post.statusCode, post.headers.allow]).toEqual([405, 'GET, HEAD'])
  const head = await ask(`${admin}/healthz`, 'HEAD')
  expect([head.statusCode, head.headers['content-length']]).toEqual([200, '3'])
})

test('a page whose name leads to 127.0.0.1 gets nothing', async () => {
  const admin = await (await RelayProcess.listening()).admin()
  const port = new URL(admin).port
  const statusFor = async (host: string): Promise<number | undefined> =>
    (await ask(`${admin}/status`, 'GET', host)).statusCode
  expect(await statusFor(`evil.example:${port}`)).toBe(403)
  expect(await statusFor('127.0.0.1.evil.example')).toBe(403)
  for (const host of [`localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`])
    expect(await statusFor(host), host).toBe(200)
})

test('--no-admin: there is no admin server', async () => {
  const relay = new RelayProcess(['--listen', 'tcp://127.0.0.1:0', '--no-admin'])
  await relay.event('listening')
  expect(relay.events.map(({ event }) => event)).toEqual(['started', 'listening'])
})

test('--admin-public lets it listen on any address', async () => {
  const args = ['--listen', 'tcp://127.0.0.1:0', '--admin', '192.0.2.1:0', '--admin-public']
  const { exitCode, stderr } = await new RelayProcess(args).outcome
  expect(stderr).toMatch(/^astranet-relay: --admin 192\.0\.2\.1:0: .*EADDRNOTAVAIL/)
  expect(exitCode).toBe(1)
})
