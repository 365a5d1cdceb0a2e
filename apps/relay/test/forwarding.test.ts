import { once } from 'node:events'
import { formatNodeId, type AstraNet, type Socket } from '@astranet/core'
import { describe, expect, test } from 'vitest'
import { RelayProcess } from './relay-process.js'
import { failure, file, user } from './support.js'

const SECRET = 'a secret of nodes behind a relay'

/** A relay, and a socket between two nodes that know nothing but the relay. */
async function throughRelay(): Promise<{ relay: RelayProcess; client: AstraNet; near: Socket; far: Socket }> {
  const relay = await RelayProcess.listening('--secret-file', file(SECRET))
  const [server, client] = [user({ secret: SECRET }), user({ secret: SECRET })]
  for (const node of [server, client]) await node.join('tcp', await relay.address())
  const listener = await server.bind('', 'sink')
  const near = await client.dial('', 'sink')
  return { relay, client, near, far: await listener.accept() }
}

test('a service behind the relay is dialed by name; the relay counts the tunnel and its bytes', async () => {
  const { relay, client, near, far } = await throughRelay()
  expect(near.path.kind).toBe('relay')
  const bytes = 1_000_000
  near.end(Buffer.alloc(bytes, 'x'))
  let received = 0
  for await (const chunk of far) received += (chunk as Buffer).length
  expect(received).toBe(bytes)
  // The far side's answer to the end, for example, may be on its way through the relay.
  let status = await relay.status()
  while (status.forwarding.bytes.held > 0) status = await relay.status()
  const { counts, tunnels, forwarding } = status
  expect(counts['tunnels']).toBe(1)
  expect(tunnels).toEqual([
    {
      from: formatNodeId(client.nodeId),
      to: formatNodeId(far.localNode),
      bytes: { sent: expect.any(Number), received: expect.any(Number), held: 0 },
    },
  ])
  expect(forwarding).toMatchObject({ opening: 0, opened: 1, lost: 0, refused: {} })
  expect(forwarding.bytes.forwarded).toBeGreaterThan(bytes)
  expect(await relay.metric('astranet_tunnels_open')).toBe(1)
  expect(await relay.metric('astranet_tunnel_forwarded_bytes_total')).toBeGreaterThan(bytes)
})

test('--max-node-tunnels refuses one more of a node, and --max-node-rate slows it', async () => {
  const limits = ['--max-node-tunnels', '1', '--max-node-rate', '65536']
  const relay = await RelayProcess.listening(...limits)
  const [one, other, client] = [user(), user(), user()]
  for (const node of [one, other, client]) await node.join('tcp', await relay.address())
  const listener = await one.bind('', 'one')
  await other.bind('', 'other')
  const near = await client.dial('', 'one')
  expect(await failure(client.dial('', 'other'))).toMatchObject({ code: 'EDQUOT' })
  const far = await listener.accept()
  const start = performance.now()
  // A burst of 64 KiB goes at once, and the windows of the relay.
  near.end(Buffer.alloc(196_608))
  for await (const _ of far);
  expect(performance.now() - start).toBeGreaterThan(500)
})

describe.runIf(process.platform !== 'win32')('a relay that is asked to leave', () => {
  test('lets the sockets through it end, and ends with code 0', async () => {
    const { relay, client, near, far } = await throughRelay()
    const changes = client.serviceMap().watch({ name: 'sink' })
    expect((await changes.next()).value?.kind).toBe('add')
    relay.process.kill('SIGTERM')
    // The relay withdraws itself first, so the client sees the service no more.
    for await (const { kind } of changes) if (kind === 'remove') break
    far.resume()
    near.write('half')
    await once(far, 'data')
    far.end()
    near.end()
    await Promise.all([once(near.resume(), 'end'), once(far, 'close')])
    expect(await relay.outcome).toMatchObject({ exitCode: 0, stderr: '' })
    const [started, ended] = [await relay.event('leaving'), await relay.event('left-network')]
    expect(ended['elapsedMs']).toBeLessThan(Number(started['drainMs']))
  })
})
