import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { createServer, get } from 'node:http'
import { connect, type AddressInfo, type NetConnectOpts, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { tcp } from '@astranet/transport-tcp'
import { ws } from '@astranet/transport-ws'
import { expect, test } from 'vitest'
import { AstraNet, type AstraNetOptions } from '../src/index.js'
import { memberTls } from './certificates.js'
import { turns, until } from './support.js'

/** Silence lasts as long, and an honest handshake must fit in. In ms. */
const PATIENCE_MS = 400
const VISITS = 3

const tls = memberTls()
const impatient = { helloTimeoutMs: PATIENCE_MS }
const brief = { handshakeTimeoutMs: PATIENCE_MS }

interface Row {
  readonly network: string
  readonly address: string
  readonly server: AstraNetOptions
  readonly client: AstraNetOptions
  /** The errors that the listener reports for the visits below, in their order. */
  readonly codes: readonly string[]
}

const plainCodes = [
  'ASTRA_ERR_LINK_FOREIGN',
  'ASTRA_ERR_LINK_FOREIGN',
  'ASTRA_ERR_LINK_FOREIGN',
  'ASTRA_ERR_LINK_CLOSED',
  'ASTRA_ERR_LINK_HELLO_TIMEOUT',
]
const handshake = 'ASTRA_ERR_TLS_HANDSHAKE'
const request = 'ASTRA_ERR_WS_HANDSHAKE'

const rows: Record<string, Row> = {
  tcp: { network: 'tcp4', address: '127.0.0.1:0', server: impatient, client: {}, codes: plainCodes },
  'a Unix socket': { network: 'unix', address: '*', server: impatient, client: {}, codes: plainCodes },
  'tcp with certificates': {
    network: 'tcp4',
    address: '127.0.0.1:0',
    server: { transports: [tcp({ tls, ...brief })] },
    client: { transports: [tcp({ tls })] },
    codes: [handshake, 'ASTRA_ERR_TLS_ALPN', handshake, 'ECONNRESET', 'ETIMEDOUT'],
  },
  ws: {
    network: 'ws',
    address: '127.0.0.1:0',
    server: { transports: [ws(brief)] },
    client: {},
    codes: [request, request, request, 'ECONNRESET', 'ETIMEDOUT'],
  },
  wss: {
    network: 'wss',
    address: '127.0.0.1:0',
    server: { transports: [ws({ tls, ...brief })] },
    client: { transports: [ws({ tls })] },
    codes: [handshake, 'ETIMEDOUT', handshake, 'ECONNRESET', 'ETIMEDOUT'],
  },
}

/** The visits: each has ended when its socket is disconnected. */
const visits: Record<string, (to: NetConnectOpts) => Socket> = {
  'an HTTP client': (to) => connect(to).once('connect', say('GET / HTTP/1.1\r\nHost: x\r\n\r\n')),
  'a TLS client': (to) =>
    connectTls({ ...to, ALPNProtocols: ['h2', 'http/1.1'], rejectUnauthorized: false } as never),
  'random bytes': (to) => connect(to).once('connect', say(Buffer.from('e3a1007f52c9d81b06', 'hex'))),
  'a port scanner': (to) => connect(to).once('connect', end),
  'a silent port scanner': (to) => connect(to),
}

function say(bytes: string | Buffer): (this: Socket) => void {
  return function (this: Socket) {
    this.write(bytes)
  }
}

function end(this: Socket): void {
  this.end()
}

async function visit(name: string, to: NetConnectOpts): Promise<void> {
  const socket = visits[name]?.(to) as Socket
  socket.on('error', () => {}).resume()
  await new Promise<void>((resolve) => socket.once('close', () => resolve()))
}

function placeOf(network: string, address: string): NetConnectOpts {
  return network === 'unix'
    ? { path: address }
    : { host: '127.0.0.1', port: Number(new URL(`ws://${address}`).port) }
}

/** The system's things that the process has, sorted. */
function resources(): string[] {
  return process
    .getActiveResourcesInfo()
    .filter((name) => name.endsWith('Wrap'))
    .toSorted()
}

/** The reports on the channels, and the warnings, from now on. */
function recordReports(): { reported: string[]; warned: string[]; stop(): void } {
  const [reported, warned]: [string[], string[]] = [[], []]
  const onMessage = (message: unknown): void => {
    reported.push((message as { error: { code: string } }).error.code)
  }
  const onWarning = (warning: Error & { code?: string }): void => {
    if (warning.code === 'ASTRA_WARN_REFUSED') warned.push(/\((\w+)\)$/.exec(warning.message)?.[1] ?? '')
  }
  const channels = ['astranet:link:refused', 'astranet:listener:error']
  for (const name of channels) subscribe(name, onMessage)
  process.on('warning', onWarning)
  return {
    reported,
    warned,
    stop() {
      for (const name of channels) unsubscribe(name, onMessage)
      process.off('warning', onWarning)
    },
  }
}

async function serves(server: AstraNet, row: Row, address: string): Promise<void> {
  await using client = new AstraNet(row.client)
  expect(await client.join(row.network, address)).toBe(server.nodeId)
}

test.each(Object.entries(rows))(
  'bad visitors at %s are disconnected, reported each time, warned of once for each kind, and leave nothing',
  async (_, row) => {
    const before = resources()
    const reports = recordReports()
    const server = new AstraNet(row.server)
    const { network, address } = await server.listenAndServe(row.network, row.address)
    const listening = resources()
    for (const [index, name] of Object.keys(visits).entries()) {
      reports.reported.length = 0
      for (let count = 0; count < VISITS; count++) await visit(name, placeOf(network, address))
      await until(() => reports.reported.length >= VISITS)
      expect([name, ...reports.reported]).toEqual([
        name,
        ...Array.from({ length: VISITS }, () => row.codes[index]),
      ])
    }
    expect(reports.warned).toEqual([...new Set(row.codes)])
    await until(() => resources().join() === listening.join())
    expect(server.routes()).toEqual([])
    await serves(server, row, address)
    await server.close()
    await until(() => resources().join() === before.join())
    reports.stop()
  },
)

test('bad visitors at an HTTP server with a node on it are answered by that server, and the node notices none', async () => {
  const before = resources()
  const reports = recordReports()
  const web = createServer({
    headersTimeout: PATIENCE_MS,
    requestTimeout: PATIENCE_MS,
    connectionsCheckingInterval: 10,
  })
  web.on('request', (_request, response) => response.writeHead(404, { connection: 'close' }).end())
  web.listen(0, '127.0.0.1')
  await once(web, 'listening')
  const { port } = web.address() as AddressInfo
  const server = new AstraNet({ transports: [ws({ server: web })], helloTimeoutMs: PATIENCE_MS })
  const { address } = await server.listenAndServe('ws', '/astranet')
  const listening = resources()
  for (const name of Object.keys(visits)) {
    for (let count = 0; count < VISITS; count++) await visit(name, { host: '127.0.0.1', port })
  }
  const upgrade = { connection: 'Upgrade', upgrade: 'websocket' }
  const [answer] = await once(get({ port, path: '/astranet', headers: upgrade }), 'response')
  expect((answer as { statusCode: number }).statusCode).toBe(400)
  await turns(3)
  expect([reports.reported, reports.warned]).toEqual([['ASTRA_ERR_WS_HANDSHAKE'], ['ASTRA_ERR_WS_HANDSHAKE']])
  await until(() => resources().join() === listening.join())
  await serves(server, { ...(rows.ws as Row) }, address)
  await server.close()
  web.close()
  await until(() => resources().join() === before.join())
  reports.stop()
})

test('errors go to onError if it is given, and there is no warning', async () => {
  const reports = recordReports()
  await using node = new AstraNet()
  const codes: unknown[] = []
  const { address } = await node.listenAndServe('tcp4', '127.0.0.1:0', {
    onError: (error: Error & { code?: string }) => void codes.push(error.code),
  })
  for (let count = 0; count < VISITS; count++) await visit('an HTTP client', placeOf('tcp4', address))
  await until(() => codes.length === VISITS)
  await turns(3)
  expect([new Set(codes), reports.warned]).toEqual([new Set(['ASTRA_ERR_LINK_FOREIGN']), []])
  reports.stop()
})
