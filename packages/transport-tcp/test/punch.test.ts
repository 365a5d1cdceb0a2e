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

/** An attempt that is counted. */
interface Attempt {
  readonly options: PunchOptions
  syns: number
  readonly connections: Connection[]
  stop(): void
}

function counting(port: number): Attempt {
  const controller = new AbortController()
  const attempt: Attempt = {
    options: {
      remote: { host: '127.0.0.1', port },
      signal: controller.signal,
      takeSyn: () => (attempt.syns++, true),
      onConnection: (connection) => void attempt.connections.push(connection),
    },
    syns: 0,
    connections: [],
    stop: () => controller.abort(),
  }
  return attempt
}

/** A port at which nothing listens. */
async function freePort(): Promise<number> {
  const { listener } = await listening(tcp())
  await listener.close()
  return portOf(listener.address)
}

it('a simultaneous open goes on while it is refused, and connects once somebody listens', async () => {
  const [port, localPort] = [await freePort(), await freePort()]
  const attempt = counting(port)
  openSimultaneously({ ...attempt.options, localPort })
  await turnsUntil(() => attempt.syns >= 2)
  const { listener, accepted } = await listening(tcp(), 'tcp4', `127.0.0.1:${port}`)
  await turnsUntil(() => attempt.connections.length > 0 && accepted.length > 0)
  expect(attempt.connections[0]?.localAddress).toBe(`127.0.0.1:${localPort}`)
  attempt.stop()
  await closeAll([...attempt.connections, ...accepted])
  await listener.close()
})

it('an attempt that finds its budget used up is left out, and a later one follows', async () => {
  const { listener, accepted } = await listening(tcp())
  const attempt = counting(portOf(listener.address))
  let asked = 0
  openSimultaneously({ ...attempt.options, localPort: await freePort(), takeSyn: () => ++asked > 3 })
  await turnsUntil(() => attempt.connections.length > 0 && accepted.length > 0)
  expect(asked).toBe(4)
  attempt.stop()
  await closeAll([...attempt.connections, ...accepted])
  await listener.close()
})

it('256 sockets are opened, no faster than 1,000 a second, and again after they were refused', async () => {
  const attempt = counting(await freePort())
  const start = performance.now()
  openManyPorts(attempt.options)
  await turnsUntil(() => attempt.syns > MANY_PORTS + 10)
  const elapsedMs = performance.now() - start
  attempt.stop()
  // Ten may leave at once, at the start of each tick.
  expect(attempt.syns).toBeLessThanOrEqual((SYNS_PER_SECOND * elapsedMs) / 1_000 + 10)
  const { syns } = attempt
  await turnsUntil(() => performance.now() - start > elapsedMs + 50)
  expect(attempt.syns).toBe(syns)
})

it('a side that tries ports tries each once, from one port, and stops when it is told to', async () => {
  const attempt = counting(1)
  const localPort = await freePort()
  // An address of loopback at which no other program is met.
  tryPorts({ ...attempt.options, localPort, remote: { host: '127.77.0.1', port: 1 } })
  await turnsUntil(() => attempt.syns >= 50)
  attempt.stop()
  const { syns } = attempt
  const start = performance.now()
  await turnsUntil(() => performance.now() - start > 50)
  expect(attempt.syns).toBe(syns)
  await closeAll(attempt.connections)
})

it('an attempt whose signal was aborted before begins nothing', async () => {
  const attempt = counting(1)
  attempt.stop()
  const localPort = await freePort()
  openSimultaneously({ ...attempt.options, localPort })
  openManyPorts(attempt.options)
  tryPorts({ ...attempt.options, localPort })
  expect(attempt.syns).toBe(0)
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
  const options = { ...counting(1).options, localPort: 1, takeSyn, ...wrong }
  expect(() => openSimultaneously(options)).toThrow(type)
  expect(() => tryPorts(options)).toThrow(name)
  expect(takeSyn).not.toHaveBeenCalled()
})
