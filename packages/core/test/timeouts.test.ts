import { once } from 'node:events'
import http from 'node:http'
import net from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Socket } from '../src/index.js'
import { twoNodes, type TwoNodes } from './support.js'

let nodes: TwoNodes
beforeAll(async () => {
  nodes = await twoNodes()
})
afterAll(() => nodes[Symbol.asyncDispose]())

type AnySocket = net.Socket | Socket

async function overNet(): Promise<[AnySocket, AnySocket]> {
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const near = net.connect((server.address() as net.AddressInfo).port, '127.0.0.1')
  const [[far]] = (await Promise.all([once(server, 'connection'), once(near, 'connect')])) as [
    [net.Socket],
    unknown,
  ]
  server.close()
  return [near, far]
}

async function overAstraNet(): Promise<[AnySocket, AnySocket]> {
  const listener = await nodes.server.bind('', 'idle')
  const ends = await Promise.all([nodes.client.dial('', 'idle'), listener.accept()])
  listener.close()
  return ends
}

/** What a call does: its result is the socket itself, or it throws. */
function outcome(socket: AnySocket, args: unknown[]): unknown {
  try {
    const result = (socket.setTimeout as (...args: unknown[]) => unknown).apply(socket, args)
    return [result === socket, socket.timeout]
  } catch (error) {
    const { name, code, message } = error as Error & { code: string }
    return { name, code, message, timeout: socket.timeout }
  }
}

test.each([
  [[0]],
  [[1.5]],
  [[-1]],
  [[NaN]],
  [[Infinity]],
  [['1']],
  [[undefined]],
  [[null]],
  [[{}]],
  [[10n]],
  [[2 ** 31 - 1]],
  [[2 ** 31]],
  [[Number.MAX_SAFE_INTEGER]],
  [[1_000, 1]],
  [[0, 'callback']],
  [[-1, 1]],
])('setTimeout takes and refuses %o as on net.Socket', async (args) => {
  const warnings: string[] = []
  const note = ({ name, message }: Error): void => void warnings.push(`${name}: ${message}`)
  process.on('warning', note)
  const results: unknown[] = []
  const told: string[][] = []
  for (const [near, far] of [await overNet(), await overAstraNet()]) {
    results.push(outcome(near, args))
    // Warnings come in a tick of their own.
    await new Promise((resolve) => setImmediate(resolve))
    told.push(warnings.splice(0))
    near.destroy()
    far.destroy()
  }
  process.removeListener('warning', note)
  expect(results[1]).toEqual(results[0])
  expect(told[1]).toEqual(told[0])
})

test('before setTimeout there is no timeout, and a destroyed socket takes none, as on net.Socket', async () => {
  for (const [near, far] of [await overNet(), await overAstraNet()]) {
    expect(near.timeout).toBe(undefined)
    near.destroy()
    expect(near.setTimeout(10, () => expect.fail('it is destroyed'))).toBe(near)
    expect(near.timeout).toBe(undefined)
    far.destroy()
  }
})

test('bytes that go on leaving hold a timeout up, and it comes when they have left, as on net.Socket', async () => {
  const total = 24 * 1024 * 1024
  for (const [near, far] of [await overNet(), await overAstraNet()]) {
    const order: string[] = []
    let received = 0
    near.setTimeout(400, () => order.push(`timeout, written ${received === total}`))
    far.on('data', (chunk: Buffer) => {
      received += chunk.length
      // About 20 MiB/s, and never silent for as long as the timeout.
      far.pause()
      setTimeout(() => far.resume(), chunk.length / 20_971)
    })
    near.write(Buffer.alloc(total), () => order.push('written'))
    await once(near, 'timeout')
    expect(order).toEqual(['written', 'timeout, written true'])
    near.destroy()
    far.destroy()
  }
}, 60_000)

test('a write that makes no progress does not hold a timeout up, as on net.Socket', async () => {
  for (const [near, far] of [await overNet(), await overAstraNet()]) {
    far.pause()
    let isWritten = false
    near.write(Buffer.alloc(32 * 1024 * 1024), () => (isWritten = true))
    near.setTimeout(200)
    await once(near, 'timeout')
    expect([isWritten, near.destroyed]).toEqual([false, false])
    near.destroy()
    far.destroy()
  }
})

test('a byte that arrives counts, also if it is not read', async () => {
  for (const [near, far] of [await overNet(), await overAstraNet()]) {
    near.pause()
    let count = 0
    near.setTimeout(300, () => expect(count).toBe(10))
    const dripping = setInterval(() => {
      far.write('x')
      count += 1
      if (count === 10) clearInterval(dripping)
    }, 100)
    await once(near, 'timeout')
    expect(near.bytesRead).toBe(10)
    near.destroy()
    far.destroy()
  }
})

test('an http server may set any timeout that it can over net', async () => {
  const server = http.createServer((request, response) => {
    request.socket.setTimeout(Number.MAX_SAFE_INTEGER)
    response.end('ok')
  })
  // Node adds a second to it.
  server.keepAliveTimeout = 2 ** 31 - 1
  server.timeout = 2 ** 31 - 1
  const listener = await nodes.server.bind('', 'web')
  listener.on('connection', (socket) => server.emit('connection', socket))
  const agent = new http.Agent({ keepAlive: true })
  const socket = await nodes.client.dial('', 'web')
  agent.createConnection = () => socket as never
  for (let round = 0; round < 3; round++) {
    const [response] = (await once(http.get({ host: 'web', agent }), 'response')) as [http.IncomingMessage]
    const freed = once(socket, 'free')
    response.resume()
    await freed
  }
  agent.destroy()
  listener.close()
})
