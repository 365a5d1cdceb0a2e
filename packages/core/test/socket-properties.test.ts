import { once } from 'node:events'
import net from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Socket, type DialOptions } from '../src/index.js'
import { twoNodes, type TwoNodes } from './support.js'

let nodes: TwoNodes
beforeAll(async () => {
  nodes = await twoNodes()
})
afterAll(() => nodes[Symbol.asyncDispose]())

type AnySocket = net.Socket | Socket

async function overNet(options: object = {}): Promise<[near: net.Socket, far: net.Socket]> {
  const server = net.createServer(options).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as net.AddressInfo
  const near = net.connect({ port, host: '127.0.0.1', ...options })
  const [[far]] = (await Promise.all([once(server, 'connection'), once(near, 'connect')])) as [
    [net.Socket],
    unknown,
  ]
  server.close()
  return [near, far]
}

async function overAstraNet(options: DialOptions = {}): Promise<[near: Socket, far: Socket]> {
  const listener = await nodes.server.bind('', 'properties', options)
  const ends = await Promise.all([nodes.client.dial('', 'properties', options), listener.accept()])
  listener.close()
  return ends
}

/** Properties whose values do not depend on what kind of address there is. */
const values = [
  'bytesRead',
  'bytesWritten',
  'bufferSize',
  'timeout',
  'connecting',
  'pending',
  'readyState',
  'allowHalfOpen',
  'destroyed',
  'closed',
  'errored',
  'writableLength',
  'readableLength',
] as const

/** Of these only the kind of value is the same: the addresses are others. */
const kinds = [
  'remoteAddress',
  'remotePort',
  'remoteFamily',
  'localAddress',
  'localPort',
  'localFamily',
] as const

function describe(socket: AnySocket): Record<string, unknown> {
  const seen: Record<string, unknown> = {}
  for (const name of values) seen[name] = socket[name]
  for (const name of kinds) seen[name] = typeof socket[name]
  seen['address()'] = Object.keys(socket.address()).sort()
  return seen
}

/** Moments in a socket's life. */
const moments: Record<string, (near: AnySocket, far: AnySocket) => unknown> = {
  'when it is handed out': () => undefined,
  'when bytes have come and gone': async (near, far) => {
    near.write('12345')
    far.write('123')
    await Promise.all([once(near, 'data'), once(far, 'data')])
  },
  'while it is corked': (near) => {
    near.cork()
    near.write('12345')
  },
  'when it was ended': async (near) => {
    near.end('x')
    await once(near, 'finish')
  },
  'when the far end was ended': async (near, far) => {
    far.end('x')
    await once(near, 'data')
    await once(near, 'close')
  },
  'when it was destroyed a moment ago': (near) => near.destroy(),
  'when it is closed': async (near) => {
    near.destroy()
    await once(near, 'close')
  },
  'when it is closed with an error': async (near) => {
    near.on('error', () => {})
    near.destroy(new Error('mine'))
    await new Promise((resolve) => near.once('close', resolve))
  },
}

for (const [moment, bring] of Object.entries(moments)) {
  test(`${moment} it looks like a net.Socket`, async () => {
    const seen: Record<string, unknown>[] = []
    for (const [near, far] of [await overNet(), await overAstraNet()]) {
      far.on('error', () => {})
      // A net.Socket keeps the far address if it was read before.
      expect(typeof near.remotePort).toBe('number')
      await bring(near, far)
      seen.push(describe(near))
      near.destroy()
      far.destroy()
    }
    if (seen[0]?.errored instanceof Error) {
      for (const each of seen) each.errored = (each.errored as Error).message
    }
    expect(seen[1]).toEqual(seen[0])
  })
}

test('getters give on the prototype what they give on that of net.Socket', () => {
  const read = (prototype: AnySocket, name: keyof AnySocket): unknown => {
    try {
      return prototype[name]
    } catch (error) {
      return (error as Error).name
    }
  }
  for (const name of [...values, ...kinds]) {
    expect([name, read(Socket.prototype, name)]).toEqual([name, read(net.Socket.prototype, name)])
  }
})

test('high-water marks are options, as of net.connect', async () => {
  for (const options of [
    { highWaterMark: 1_000 },
    { readableHighWaterMark: 2_000, writableHighWaterMark: 3_000 },
    { highWaterMark: 0 },
  ]) {
    const [[netNear], [near, far]] = [await overNet(options), await overAstraNet(options)]
    const marks = [netNear.readableHighWaterMark, netNear.writableHighWaterMark]
    expect([near.readableHighWaterMark, near.writableHighWaterMark]).toEqual(marks)
    expect([far.readableHighWaterMark, far.writableHighWaterMark]).toEqual(marks)
    for (const socket of [netNear, near, far]) socket.destroy()
  }
})

test.each([
  [{ highWaterMark: -1 }, TypeError, /^The property 'options\.highWaterMark' is invalid/],
  [{ highWaterMark: 1.5 }, TypeError, /^The property 'options\.highWaterMark' is invalid/],
  [{ readableHighWaterMark: -1 }, TypeError, /^The property 'options\.readableHighWaterMark' is invalid/],
  [
    { writableHighWaterMark: '1' as never },
    TypeError,
    /^The property 'options\.writableHighWaterMark' is invalid/,
  ],
  [
    { allowHalfOpen: 1 as never },
    TypeError,
    /^The "options\.allowHalfOpen" property must be of type boolean/,
  ],
])('%j is refused by dial and bind', async (options, type, message) => {
  for (const refused of [
    nodes.client.dial('', 'properties', options),
    nodes.server.bind('', 'properties', options),
  ]) {
    await expect(refused).rejects.toThrow(type)
    await expect(refused).rejects.toThrow(message)
  }
})
