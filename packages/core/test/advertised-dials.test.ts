import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import type { ListenOptions, Transport, TransportListener } from '@astranet/interface'
import { tcp } from '@astranet/transport-tcp'
import { expect, test } from 'vitest'
import { Net } from './discovery-support.js'
import { failure, textOf } from './support.js'

/** TCP whose listeners advertise another port than theirs. */
function lying(port: number): Transport {
  const real = tcp()
  return {
    networks: real.networks,
    dial: (...args) => real.dial(...args),
    listen: async (network: string, address: string, options: ListenOptions): Promise<TransportListener> => {
      const listener = await real.listen(network, address, options)
      return { network, isLocal: true, address: `127.0.0.1:${port}`, close: () => listener.close() }
    },
  }
}

test('a place that a member advertises and that is not its own is dialed once a minute at most', async () => {
  let connections = 0
  const stranger = createServer((socket) => {
    connections += 1
    socket.on('error', () => undefined).destroy()
  })
  stranger.listen(0, '127.0.0.1')
  await once(stranger, 'listening')
  const { port } = stranger.address() as AddressInfo
  await using net = new Net()
  const router = await net.node({ role: 'router' })
  const liar = await net.node({ transports: [lying(port)] }, router)
  const client = await net.node({}, router)
  await liar.listenAndServe('tcp4', '127.0.0.1:0')
  const listener = await liar.bind('', 'echo')
  listener.on('connection', (socket) => socket.on('error', () => undefined).pipe(socket))
  await client.waitFor('echo')
  // Long enough for several attempts, one 100, 300, 700 and 1,500 ms after the first.
  const error = await failure(client.dial('', 'echo', { path: 'direct', timeoutMs: 1_000 }))
  expect(error).toMatchObject({ code: 'EHOSTUNREACH' })
  const { dialed, failed, resting } = client.inspect().advertised
  expect({ connections, dialed, failed }).toEqual({ connections: 1, dialed: 1, failed: 1 })
  expect(resting).toBeGreaterThan(0)
  const socket = await client.dial('', 'echo')
  socket.end('hello')
  expect(await textOf(socket)).toBe('hello')
  expect(connections).toBe(1)
  stranger.close()
})
