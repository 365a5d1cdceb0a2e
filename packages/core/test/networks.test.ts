import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { memory } from '@astranet/transport-memory'
import { tcp } from '@astranet/transport-tcp'
import { ws } from '@astranet/transport-ws'
import { describe, expect, test } from 'vitest'
import { AstraNet, generateSecret, type AstraNetOptions, type Socket } from '../src/index.js'
import { memberTls } from './certificates.js'
import { failure } from './support.js'

const secret = generateSecret()
const tls = memberTls()
const pipes = memory()

interface Row {
  readonly network: string
  readonly listenAddress: string
  readonly options?: AstraNetOptions
  /** What is joined, when it is not the endpoint's address as it is. */
  readonly join?: (address: string) => string
}

const rows: Record<string, Row> = {
  tcp: { network: 'tcp', listenAddress: 'localhost:0' },
  tcp4: { network: 'tcp4', listenAddress: '127.0.0.1:0' },
  tcp6: { network: 'tcp6', listenAddress: '[::1]:0' },
  'a Unix socket': { network: 'unix', listenAddress: '*' },
  ws: { network: 'ws', listenAddress: '127.0.0.1:0' },
  'ws, by URL': { network: 'ws', listenAddress: '127.0.0.1:0/astra', join: (address) => `ws://${address}` },
  'TLS with certificates on both sides': {
    network: 'tcp4',
    listenAddress: '127.0.0.1:0',
    options: { transports: [tcp({ tls })] },
  },
  wss: { network: 'wss', listenAddress: '127.0.0.1:0', options: { transports: [ws({ tls })] } },
  'tcp4 with a secret': { network: 'tcp4', listenAddress: '127.0.0.1:0', options: { secret } },
  'a Unix socket with a secret': { network: 'unix', listenAddress: '*', options: { secret } },
  'wss with a secret': {
    network: 'wss',
    listenAddress: '127.0.0.1:0',
    options: { secret, transports: [ws({ tls })] },
    join: (address) => `wss://${address}/`,
  },
  'TLS with certificates, and a secret': {
    network: 'tcp4',
    listenAddress: '127.0.0.1:0',
    options: { secret, transports: [tcp({ tls })] },
  },
  'ws with a secret, in the clear': {
    network: 'ws',
    listenAddress: '127.0.0.1:0',
    options: { secret },
  },
  'memory with a secret': {
    network: 'memory',
    listenAddress: 'here',
    options: { secret, transports: [pipes] },
  },
}

/** Whether everything that is sent through a dial of `name` comes back as it was. */
async function echoes(dialer: AstraNet, name: string): Promise<boolean> {
  const socket = await dialer.dial('', name)
  const bytes = randomBytes(300_000)
  socket.end(bytes)
  const chunks: Buffer[] = []
  for await (const chunk of socket) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).equals(bytes)
}

const echo = (socket: Socket): unknown => socket.pipe(socket)

describe('two nodes', () => {
  test.each(Object.entries(rows))('join, bind and dial both ways over %s', async (_, row) => {
    const { network, listenAddress, options = {}, join = (address: string) => address } = row
    await using server = new AstraNet(options)
    await using client = new AstraNet(options)
    const endpoint = await server.listenAndServe(network, listenAddress)
    for (const [node, name] of [
      [server, 'served'],
      [client, 'called back'],
    ] as const) {
      const listener = await node.bind('', name.replace(' ', '-'))
      listener.on('connection', echo)
    }
    expect(await client.join(network, join(endpoint.address))).toBe(server.nodeId)
    expect(await echoes(client, 'served')).toBe(true)
    expect(await echoes(server, 'called-back')).toBe(true)
  })

  test('share an HTTP server with its pages, on the path where one of them listens', async () => {
    const web = createServer((_request, response) => response.end('a page'))
    web.listen(0, '127.0.0.1')
    await once(web, 'listening')
    const origin = `127.0.0.1:${(web.address() as AddressInfo).port}`
    await using server = new AstraNet({ transports: [ws({ server: web })] })
    await using client = new AstraNet()
    const { address } = await server.listenAndServe('ws', '/astranet')
    expect(address).toBe(`${origin}/astranet`)
    const listener = await server.bind('', 'echo')
    listener.on('connection', echo)
    await client.join('ws', `ws://${address}`)
    expect(await echoes(client, 'echo')).toBe(true)
    expect(await (await fetch(`http://${origin}/`)).text()).toBe('a page')
    await Promise.all([client.close(), server.close()])
    web.closeAllConnections()
    web.close()
  })
})

test('a node behind a proxy that terminates TLS proves the secret to one that joins over wss', async () => {
  await using server = new AstraNet({ secret, transports: [ws()] })
  await using client = new AstraNet({ secret, transports: [ws({ tls })] })
  const inner = await server.listenAndServe('ws', '127.0.0.1:0')
  const listener = await server.bind('', 'echo')
  listener.on('connection', echo)
  const proxy = createTlsServer(tls, (outside) => {
    const inside = connect(Number(inner.address.split(':')[1]), '127.0.0.1')
    for (const [from, to] of [
      [outside, inside],
      [inside, outside],
    ] as const)
      from.on('error', () => to.destroy()).pipe(to)
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  await client.join('wss', `wss://127.0.0.1:${(proxy.address() as AddressInfo).port}`)
  expect(await echoes(client, 'echo')).toBe(true)
  await client.close()
  proxy.close()
})

test.each<[string, (node: AstraNet) => Promise<unknown>]>([
  ['listenAndServe', (node) => node.listenAndServe('udp', '127.0.0.1:1')],
  ['join', (node) => node.join('udp', '127.0.0.1:1')],
  ['listenAndServe in short', (node) => node.listenAndServe('udp://127.0.0.1:1')],
  ['join in short', (node) => node.join('udp://127.0.0.1:1')],
])('%s on an unknown network says which there are', async (_, call) => {
  await using node = new AstraNet()
  const error = await failure(call(node))
  expect(error).toMatchObject({ name: 'TypeError', code: 'ERR_INVALID_ARG_VALUE' })
  expect(error.message).toBe(
    `The argument 'network' is not known; this node has "tcp", "tcp4", "tcp6", "unix", "ws", "wss". Received 'udp'`,
  )
})
