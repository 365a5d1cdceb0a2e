import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'
import type { ListenOptions, Transport, TransportListener } from '@astranet/interface'
import { tcp } from '@astranet/transport-tcp'
import { expect, test } from 'vitest'
import { Net } from './discovery-support.js'
import { activeMs, textOf } from './support.js'

/** A node advertises sixteen addresses at most. */
const DEAD = 15

/** Ports of 127.0.0.1 that answer no connection. */
async function deafPorts(count: number) {
  const script = fileURLToPath(new URL('deaf-ports.mjs', import.meta.url))
  const child = spawn(process.execPath, [script, String(count)], { stdio: ['pipe', 'pipe', 'inherit'] })
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  const ports = String(line).trim().split(' ').map(Number)
  const fillers = ports.flatMap((port) => [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')])
  await Promise.all(
    fillers.map((socket) =>
      once(
        socket.on('error', () => undefined),
        'connect',
      ),
    ),
  )
  const dispose = async (): Promise<void> => {
    child.kill('SIGKILL')
    await once(child, 'exit')
    for (const socket of fillers) socket.destroy()
  }
  return { ports, [Symbol.asyncDispose]: dispose }
}

/** TCP that also listens, so it says, at port P of this machine where it is asked for `dead:P`. */
function claiming(): Transport {
  const real = tcp()
  return {
    networks: real.networks,
    dial: (...args) => real.dial(...args),
    listen: (network: string, address: string, options: ListenOptions): Promise<TransportListener> => {
      const [host, port] = address.split(':')
      if (host !== 'dead') return real.listen(network, address, options)
      const close = (): Promise<void> => Promise.resolve()
      return Promise.resolve({ network, isLocal: true, address: `127.0.0.1:${port}`, close })
    },
  }
}

test('a node is dialed directly at the last of its addresses before the dead ones have timed out', async () => {
  await using deaf = await deafPorts(DEAD)
  await using net = new Net()
  const router = await net.node({ role: 'router' })
  const server = await net.node({ transports: [claiming()] }, router)
  const client = await net.node({}, router)
  for (const port of deaf.ports) await server.listenAndServe('tcp4', `dead:${port}`)
  await server.listenAndServe('tcp4', '127.0.0.1:0')
  const listener = await server.bind('', 'echo')
  listener.on('connection', (socket) => socket.on('error', () => undefined).pipe(socket))
  await client.waitFor('echo')
  const dialing = client.dial('', 'echo', { path: 'direct', timeoutMs: 30_000 })
  // Each dead address has 3 s. Four at a time would have to time out three times before the last one is dialed.
  expect(await activeMs(dialing)).toBeLessThan(6_000)
  const socket = await dialing
  socket.end('hello')
  expect(await textOf(socket)).toBe('hello')
  expect(client.inspect().advertised.dialed).toBe(DEAD + 1)
}, 60_000)
