import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { tcp } from '@astranet/transport-tcp'
import { expect, test } from 'vitest'
import { AstraNet, type Transport } from '../src/index.js'
import { failure, turns, until } from './support.js'

test('one signal can wait for any number of calls without a warning, and ends them all', async () => {
  await using node = new AstraNet()
  const warnings: Error[] = []
  const onWarning = (warning: Error): void => void warnings.push(warning)
  process.on('warning', onWarning)
  const controller = new AbortController()
  const { signal } = controller
  const listener = await node.bind('', 'here')
  const calls = Array.from({ length: 30 }, () => [
    failure(node.dial('', 'nowhere', { signal })),
    failure(listener.accept({ signal })),
  ]).flat()
  const reason = new Error('enough')
  await turns(3)
  controller.abort(reason)
  for (const error of await Promise.all(calls)) expect(error).toBe(reason)
  await turns(3)
  process.off('warning', onWarning)
  expect(warnings).toEqual([])
})

test('a reason of null is passed on', async () => {
  await using node = new AstraNet()
  const listener = await node.bind('', 'here')
  const controller = new AbortController()
  const { signal } = controller
  const calls = Promise.allSettled([
    node.dial('', 'nowhere', { signal }),
    listener.accept({ signal }),
    node.dial('', 'here', { signal: AbortSignal.abort(null) }),
  ])
  controller.abort(null)
  for (const outcome of await calls) expect(outcome).toEqual({ status: 'rejected', reason: null })
})

test('a connection handler that throws does not keep the others waiting', async () => {
  await using node = new AstraNet()
  const listener = await node.bind('', 'here')
  const sockets = await Promise.all(Array.from({ length: 3 }, () => node.dial('', 'here')))
  while (listener.waiting < 3) await turns(1)
  const handlers = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  const uncaught: Error[] = []
  process.on('uncaughtException', (error) => uncaught.push(error))
  let served = 0
  listener.on('connection', () => {
    served += 1
    throw new Error(`handler ${served}`)
  })
  await turns(5)
  process.removeAllListeners('uncaughtException')
  for (const handler of handlers) process.on('uncaughtException', handler)
  expect(uncaught.map((error) => error.message)).toEqual(['handler 1', 'handler 2', 'handler 3'])
  expect([served, listener.waiting]).toEqual([3, 0])
  for (const socket of sockets) socket.destroy()
})

/** A server that counts what it is sent. */
async function counting(): Promise<{
  address: string
  port: number
  bytes: () => number
  sockets: Socket[]
}> {
  let bytes = 0
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    sockets.push(socket)
    socket.on('error', () => {}).on('data', (chunk: Buffer) => (bytes += chunk.length))
    socket.on('close', () => server.close())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return { address: `127.0.0.1:${port}`, port, bytes: () => bytes, sockets }
}

test('a join that is aborted when it has connected sends nothing', async () => {
  const { address, bytes, sockets } = await counting()
  const controller = new AbortController()
  const reason = new Error('enough')
  const plain = tcp()
  const transport: Transport = {
    networks: plain.networks,
    listen: plain.listen.bind(plain),
    async dial(network, to, options) {
      const connection = await plain.dial(network, to, options)
      controller.abort(reason)
      return connection
    },
  }
  await using node = new AstraNet({ transports: [transport] })
  expect(await failure(node.join('tcp4', address, { signal: controller.signal }))).toBe(reason)
  await until(() => sockets[0]?.destroyed === true)
  expect(bytes()).toBe(0)
})

test('attaching with a signal that is aborted already destroys the pipe, and sends nothing', async () => {
  const { port, bytes, sockets } = await counting()
  await using node = new AstraNet()
  const reason = new Error('enough')
  const pipe = connect(port, '127.0.0.1')
  await once(pipe, 'connect')
  expect(await failure(node.attach(pipe, { signal: AbortSignal.abort(reason) }))).toBe(reason)
  expect(pipe.destroyed).toBe(true)
  await until(() => sockets[0]?.destroyed === true)
  expect(bytes()).toBe(0)
})
