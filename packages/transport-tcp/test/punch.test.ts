import { expect, it, vi } from 'vitest'
import type { Connection } from '@astranet/interface'
import { tcp } from '@astranet/transport-tcp'
import {
  MANY_PORTS,
  openManyPorts,
  openSimultaneously,
  SYNS_PER_SECOND,
  tryPorts,
  type PunchOptions,
} from '@astranet/transport-tcp/punch'
import { RandomPorts } from '../src/punch/random-ports.js'
import { closeAll, listening, portOf, turnsUntil } from './support.js'

/** Options that count, and end the attempt when `until` is true. */
function counting(port: number): PunchOptions & { syns: number; connections: Connection[]; stop(): void } {
  const controller = new AbortController()
  const counts = {
    ...{ syns: 0, connections: [] as Connection[], signal: controller.signal },
    remote: { host: '127.0.0.1', port },
    takeSyn: () => (counts.syns++, true),
    onConnection: (connection: Connection) => void counts.connections.push(connection),
    stop: () => controller.abort(),
  }
  return counts
}

/** A port at which nothing listens. */
async function freePort(): Promise<number> {
  const { listener } = await listening(tcp())
  await listener.close()
  return portOf(listener.address)
}

it('a simultaneous open goes on while it is refused, and connects once somebody listens', async () => {
  const [port, localPort] = [await freePort(), await freePort()]
  const options = counting(port)
  openSimultaneously({ ...options, localPort })
  await turnsUntil(() => options.syns >= 2)
  const { listener, accepted } = await listening(tcp(), 'tcp4', `127.0.0.1:${port}`)
  await turnsUntil(() => options.connections.length > 0 && accepted.length > 0)
  expect(options.connections[0]?.localAddress).toBe(`127.0.0.1:${localPort}`)
  options.stop()
  await closeAll([...options.connections, ...accepted])
  await listener.close()
})

it('an attempt that finds its budget used up is left out, and a later one follows', async () => {
  const { listener, accepted } = await listening(tcp())
  const options = counting(portOf(listener.address))
  let asked = 0
  openSimultaneously({ ...options, localPort: await freePort(), takeSyn: () => ++asked > 3 })
  await turnsUntil(() => options.connections.length > 0 && accepted.length > 0)
  expect(asked).toBe(4)
  options.stop()
  await closeAll([...options.connections, ...accepted])
  await listener.close()
})

it('256 sockets are opened, no faster than 1,000 a second, and again after they were refused', async () => {
  const options = counting(await freePort())
  const start = performance.now()
  openManyPorts(options)
  await turnsUntil(() => options.syns > MANY_PORTS + 10)
  const elapsedMs = performance.now() - start
  options.stop()
  // Ten may leave at once, at the start of each tick.
  expect(options.syns).toBeLessThanOrEqual((SYNS_PER_SECOND * elapsedMs) / 1_000 + 10)
  const { syns } = options
  await turnsUntil(() => performance.now() - start > elapsedMs + 50)
  expect(options.syns).toBe(syns)
})

it('a side that tries ports tries each once, from one port, and stops when it is told to', async () => {
  const options = counting(1)
  const localPort = await freePort()
  // An address of loopback at which no other program is met.
  tryPorts({ ...options, localPort, remote: { host: '127.77.0.1', port: 1 } })
  await turnsUntil(() => options.syns >= 50)
  options.stop()
  const { syns } = options
  const start = performance.now()
  await turnsUntil(() => performance.now() - start > 50)
  expect(options.syns).toBe(syns)
  await closeAll(options.connections)
})

it('an attempt whose signal was aborted before begins nothing', async () => {
  const options = counting(1)
  options.stop()
  const localPort = await freePort()
  openSimultaneously({ ...options, localPort })
  openManyPorts(options)
  tryPorts({ ...options, localPort })
  expect(options.syns).toBe(0)
})

it('random ports are drawn each once, and none below 1,024', () => {
  const ports = new RandomPorts(() => 0.3)
  const drawn = Array.from({ length: 65_536 - 1_024 }, () => ports.take())
  expect(new Set(drawn).size).toBe(drawn.length)
  expect(Math.min(...drawn)).toBe(1_024)
})

it.each([
  [{ remote: { host: 'localhost', port: 1 } }, TypeError, 'remote.host'],
  [{ remote: { host: '127.0.0.1', port: 0 } }, RangeError, 'remote.port'],
  [{ localPort: 0 }, RangeError, 'localPort'],
])('%j is refused by name', (wrong, type, name) => {
  const takeSyn = vi.fn(() => true)
  const options = { ...counting(1), localPort: 1, takeSyn, ...wrong }
  expect(() => openSimultaneously(options)).toThrow(type)
  expect(() => tryPorts(options)).toThrow(name)
  expect(takeSyn).not.toHaveBeenCalled()
})
