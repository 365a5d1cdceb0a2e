import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { connect, type Socket as TcpSocket } from 'node:net'
import { DEFAULT_SLOTS_PER_HOST, DEFAULT_SLOTS_PER_STAGE, PREAMBLE_BYTES } from '@astranet/link'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { AstraNet, formatNodeId, generateSecret, type AstraNetOptions, type Transport } from '../src/index.js'
import { rawLink } from './raw-link.js'
import { SkipClock, textOf, turns, until } from './support.js'
import { memory, memoryPair } from '@astranet/transport-memory'
import { tcp } from '@astranet/transport-tcp'
import { ws } from '@astranet/transport-ws'
import { memberTls } from './certificates.js'

/** Where a node can be joined, and by whom. */
interface Door {
  readonly network: string
  readonly options: AstraNetOptions
  /** Silent connections from one address that stay. */
  readonly maxSilent: number
}

const secret = generateSecret()
const tcp4: Door = { network: 'tcp4', options: {}, maxSilent: DEFAULT_SLOTS_PER_HOST }
/** The listener for WebSockets has a limit of its own. */
const maxSilent = 100
const doors: Record<string, Door> = {
  tcp4,
  'tcp4 with a secret': { ...tcp4, options: { secret } },
  ws: { network: 'ws', options: { secret }, maxSilent },
  wss: { network: 'wss', options: { secret, transports: [ws({ tls: memberTls() })] }, maxSilent },
}

async function connection(address: string, localAddress = '127.0.0.1'): Promise<TcpSocket> {
  const [host, port] = address.split(':')
  const socket = connect({ host: host ?? '', port: Number(port), localAddress }).on('error', () => {})
  await once(socket, 'connect')
  return socket
}

/** `once` would reject for an error that comes before. */
async function closeOf(socket: TcpSocket): Promise<void> {
  if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve))
}

/** What a connection that sends `bytes` receives until it is closed. */
async function answerTo(address: string, bytes: Uint8Array | string): Promise<number> {
  const socket = await connection(address)
  let length = 0
  socket.on('data', (chunk: Buffer) => (length += chunk.length))
  socket.write(bytes)
  await closeOf(socket)
  return length
}

async function serves(node: AstraNet, address: string, { network, options }: Door = tcp4): Promise<void> {
  await using client = new AstraNet(options)
  await client.join(network, address)
  const socket = await client.dial('', 'echo')
  socket.end('hello')
  expect(await textOf(socket)).toBe('hello')
  expect(client.services()).toHaveLength(1)
  expect(node.isClosed).toBe(false)
}

async function serving({ network, options }: Door = tcp4): Promise<{ node: AstraNet; address: string }> {
  const node = new AstraNet(options)
  const { address } = await node.listenAndServe(network, '127.0.0.1:0', { onError() {} })
  const listener = await node.bind('', 'echo')
  listener.on('connection', (socket) => socket.on('error', () => {}).pipe(socket))
  return { node, address }
}

test.each([
  ['an HTTP request', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'],
  ['a TLS client hello', Buffer.from('16030100c8010000c4', 'hex')],
  ['an SSH banner', 'SSH-2.0-OpenSSH_9.0\r\n'],
  ['zeros', Buffer.alloc(100_000)],
])('%s is cut off, and the node serves on', async (_, bytes) => {
  const { node, address } = await serving()
  await using _node = node
  expect(await answerTo(address, bytes)).toBeLessThan(200)
  await serves(node, address)
  expect(node.routes().length).toBeLessThan(2)
})

test('random bytes are cut off, behind a correct preamble too, and the node serves on', async () => {
  const { node, address } = await serving()
  await using _node = node
  const preamble = await dialersPreamble()
  const property = fc.asyncProperty(
    fc.boolean(),
    fc.uint8Array({ minLength: 40, maxLength: 400 }),
    async (isBehindPreamble, bytes) => {
      // Whatever the bytes mean, they end, and so does the connection.
      const socket = await connection(address)
      socket.resume()
      socket.end(isBehindPreamble ? Buffer.concat([preamble, bytes]) : bytes)
      await closeOf(socket)
    },
  )
  await fc.assert(property, { numRuns: 150 })
  await serves(node, address)
})

/** The preamble of a dialer, which is the first that it sends. */
function dialersPreamble(): Promise<Uint8Array> {
  const [near, far] = memoryPair()
  return new Promise((resolve) => {
    const link = rawLink(near, { role: 'dialer', handler: {} })
    far.handle({
      onData(chunk) {
        resolve(chunk.slice(0, PREAMBLE_BYTES))
        link.destroy()
      },
      onDrain() {},
      onEnd() {},
      onClose() {},
    })
  })
}

test('connections that close without sending anything leave nothing behind', async () => {
  const { node, address } = await serving()
  await using _node = node
  for (let round = 0; round < 5; round++) {
    const sockets = await Promise.all(Array.from({ length: 50 }, () => connection(address)))
    for (const [index, socket] of sockets.entries()) {
      if (index % 2 === 0) socket.resetAndDestroy()
      else socket.destroy()
    }
    await Promise.all(sockets.map(closeOf))
    await turns(20)
  }
  await serves(node, address)
})

test('a limited number of handshakes may be pending: one more closes any of them, and each is closed when its time is over', async () => {
  const clock = new SkipClock()
  const transport = memory({ clock })
  const node = new AstraNet({ clock, transports: [transport] })
  await node.listenAndServe('memory', 'node')
  let closed = 0
  const dawdle = async (): Promise<void> => {
    const connection = await transport.dial('memory', 'node')
    connection.handle({
      onData() {},
      onDrain() {},
      onEnd: () => connection.end(),
      onClose: () => (closed += 1),
    })
  }
  for (let count = 0; count < DEFAULT_SLOTS_PER_STAGE + 5; count++) await dawdle()
  await until(() => closed === 5)
  await turns(20)
  expect(closed).toBe(5)
  await clock.advance(10_000)
  await until(() => closed === DEFAULT_SLOTS_PER_STAGE + 5)
  const client = new AstraNet({ clock, transports: [transport] })
  expect(await client.join('memory', 'node')).toBe(node.nodeId)
  const closing = Promise.all([client.close(), node.close()])
  await clock.advance(4_000)
  await closing
})

test.each(Object.entries(doors))(
  'an honest node joins beside any number of silent connections from another address, over %s',
  async (_, door) => {
    const { node, address } = await serving(door)
    await using _node = node
    const sockets = await Promise.all(
      Array.from({ length: door.maxSilent + 50 }, () => connection(address, '127.0.0.2')),
    )
    await serves(node, address, door)
    expect(sockets.filter((socket) => !socket.closed).length).toBeLessThanOrEqual(door.maxSilent)
    for (const socket of sockets) socket.destroy()
  },
)

test('a node offers only services that were bound', async () => {
  await using node = new AstraNet()
  const { address } = await node.listenAndServe('tcp4', '127.0.0.1:0')
  await using client = new AstraNet()
  await client.join('tcp4', address)
  const dials = Array.from({ length: 1_024 }, (_, port) =>
    client.dial('', `${formatNodeId(node.nodeId)}:${port}`),
  )
  for (const result of await Promise.allSettled(dials)) {
    expect(result).toMatchObject({ status: 'rejected', reason: { code: 'ECONNREFUSED' } })
  }
})

/** What a node that listens so is warned of. */
async function warningsOf(transport: Transport, ...endpoints: [string, string][]): Promise<unknown[]> {
  const warnings: Error[] = []
  const onWarning = (warning: Error): void => void warnings.push(warning)
  process.on('warning', onWarning)
  await using node = new AstraNet({ transports: [transport] })
  for (const [network, address] of endpoints) await node.listenAndServe(network, address)
  await turns(3)
  process.off('warning', onWarning)
  return warnings
}

test('listening on more than this machine without authentication emits a warning, once', async () => {
  expect(await warningsOf(tcp(), ['tcp4', '127.0.0.1:0'], ['tcp', 'localhost:0'], ['unix', '*'])).toEqual([])
  expect(await warningsOf(memory(), ['memory', 'here'])).toEqual([])
  expect(await warningsOf(tcp(), ['tcp4', '0.0.0.0:0'], ['tcp', ':0'])).toMatchObject([
    { name: 'AstraNetWarning', code: 'ASTRA_WARN_UNAUTHENTICATED' },
  ])
})

test('listening with certificates that are requested emits no warning', async () => {
  expect(await warningsOf(tcp({ tls: memberTls() }), ['tcp4', '0.0.0.0:0'])).toEqual([])
})

test('listening over a transport that does not say whether it authenticates emits a warning', async () => {
  const plain = memory()
  const transport: Transport = {
    networks: plain.networks,
    dial: (network, address, options) => plain.dial(network, address, options),
    async listen(network, address, options) {
      const listener = await plain.listen(network, address, options)
      return { network, address, close: () => listener.close() }
    },
  }
  expect(await warningsOf(transport, ['memory', 'here'])).toMatchObject([
    { code: 'ASTRA_WARN_UNAUTHENTICATED' },
  ])
})

test('a connection that is refused is reported to onError and to the diagnostics channel', async () => {
  await using node = new AstraNet()
  const errors: unknown[] = []
  const messages: unknown[] = []
  const onMessage = (message: unknown): void => void messages.push(message)
  subscribe('astranet:link:refused', onMessage)
  const onError = (error: Error): void => void errors.push(error)
  const { address } = await node.listenAndServe('tcp4', '127.0.0.1:0', { onError })
  await answerTo(address, 'GET / HTTP/1.1\r\n\r\n')
  await until(() => errors.length > 0)
  unsubscribe('astranet:link:refused', onMessage)
  expect(errors).toMatchObject([{ code: 'ASTRA_ERR_LINK_FOREIGN' }])
  expect(messages).toMatchObject([{ error: errors[0], network: 'tcp4', localAddress: address }])
})

test('an error of a listener is reported to onError and to the diagnostics channel', async () => {
  const transport = memory()
  let breakIt: ((error: Error) => void) | undefined
  const breaking: Transport = {
    networks: transport.networks,
    dial: (network, address) => transport.dial(network, address),
    listen(network, address, options) {
      breakIt = (error) => options.onError?.(error)
      return transport.listen(network, address, options)
    },
  }
  await using node = new AstraNet({ transports: [breaking] })
  const reported: unknown[] = []
  const onMessage = (message: unknown): void => void reported.push(message)
  subscribe('astranet:listener:error', onMessage)
  await node.listenAndServe('memory', 'node', { onError: (error) => void reported.push(error) })
  const error = new Error('no more file descriptors')
  breakIt?.(error)
  unsubscribe('astranet:listener:error', onMessage)
  expect(reported).toEqual([{ error, network: 'memory', address: 'node' }, error])
})
