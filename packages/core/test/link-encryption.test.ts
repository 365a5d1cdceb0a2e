import { once } from 'node:events'
import { connect, createServer, type AddressInfo } from 'node:net'
import { networkInterfaces } from 'node:os'
import { memory } from '@astranet/transport-memory'
import { tcp } from '@astranet/transport-tcp'
import { ws } from '@astranet/transport-ws'
import { expect, test } from 'vitest'
import * as browserEntry from '../src/browser.js'
import { AstraNet, generateSecret, type AstraNetOptions, type Transport } from '../src/index.js'
import { memberTls } from './certificates.js'
import { failure, textOf } from './support.js'

const MARK = 'readable by everybody on the way'
const secret = generateSecret()
const tls = memberTls()

/** An address of this machine that is not loopback, if it has one. */
const outside = Object.values(networkInterfaces())
  .flatMap((each) => each ?? [])
  .find(({ family, internal }) => family === 'IPv4' && !internal)?.address

/** Everything that a client and a server say to each other over a forwarder between them. */
async function overheard(host: string, server: AstraNetOptions, client: AstraNetOptions): Promise<string> {
  await using far = new AstraNet(server)
  await using near = new AstraNet(client)
  const listener = await far.bind('', 'echo')
  listener.on('connection', (socket) => socket.on('error', () => {}).pipe(socket))
  const { address } = await far.listenAndServe('tcp4', `${host}:0`)
  const heard: Buffer[] = []
  const forwarder = createServer((socket) => {
    const onward = connect(Number(address.split(':')[1]), host)
    for (const each of [socket, onward])
      each.on('error', () => {}).on('data', (chunk: Buffer) => heard.push(chunk))
    socket.pipe(onward).pipe(socket)
  }).listen(0, host)
  await once(forwarder, 'listening')
  await near.join('tcp4', `${host}:${(forwarder.address() as AddressInfo).port}`)
  const socket = await near.dial('', 'echo')
  socket.end(MARK)
  expect(await textOf(socket)).toBe(MARK)
  forwarder.close()
  return Buffer.concat(heard).toString('latin1')
}

test.each<[string, AstraNetOptions, AstraNetOptions]>([
  ['without a secret', {}, {}],
  ['with one', { secret }, { secret }],
  ['of which the listening one insists', { encryption: 'always' }, {}],
  ['of which the joining one insists', { secret }, { secret, encryption: 'always' }],
])('with a forwarder in between, nodes %s encrypt on loopback addresses too', async (_, server, client) => {
  const heard = await overheard('127.0.0.1', server, client)
  expect(heard).toContain('ASTR')
  expect(heard).not.toContain(MARK)
})

test('over one loopback connection both nodes say that it is private', async () => {
  expect(await protection([tcp(), tcp()], ['tcp4', '127.0.0.1:0'], {})).toEqual(['private', 'private'])
})

test.each<[string, AstraNetOptions]>([
  ['without a secret', {}],
  ['with one', { secret }],
])('over other addresses nodes %s encrypt', async (_, options) => {
  if (outside === undefined) return console.log('not run: this machine has loopback addresses only')
  expect(await overheard(outside, options, options)).not.toContain(MARK)
})

/** How the two nodes of a link say that it is protected. */
async function protection(
  [server, client]: [Transport, Transport],
  [network, address]: [string, string],
  options: AstraNetOptions,
): Promise<[string, string]> {
  await using far = new AstraNet({ transports: [server], ...options })
  await using near = new AstraNet({ transports: [client] })
  const listener = await far.bind('', 'who')
  const endpoint = await far.listenAndServe(network, address)
  await near.join(network, endpoint.address)
  const [accepted, dialed] = await Promise.all([listener.accept(), near.dial('', 'who')])
  for (const socket of [accepted, dialed]) socket.on('error', () => {})
  return [accepted.remoteIdentity?.security ?? '', dialed.remoteIdentity?.security ?? '']
}

const shared = memory()

test.each<[string, [Transport, Transport], [string, string]]>([
  ['memory', [shared, shared], ['memory', '*']],
  ['a Unix socket', [tcp(), tcp()], ['unix', '*']],
  ['ws over loopback', [ws(), ws()], ['ws', '127.0.0.1:0']],
])('both nodes know that %s is private, and encrypt it when one insists', async (_, transports, where) => {
  expect(await protection(transports, where, {})).toEqual(['private', 'private'])
  expect(await protection(transports, where, { encryption: 'always' })).toEqual(['encrypted', 'encrypted'])
})

test('both nodes know that their TLS is theirs, and encrypt over it when one insists', async () => {
  if (outside === undefined) return console.log('not run: this machine has loopback addresses only')
  // The certificate is for localhost.
  const own = tcp({ tls: { ...tls, servername: 'localhost' } })
  const where: [string, string] = ['tcp4', `${outside}:0`]
  expect(await protection([own, own], where, {})).toEqual(['tls', 'tls'])
  expect(await protection([own, own], where, { encryption: 'always' })).toEqual(['encrypted', 'encrypted'])
})

test("the browser's entry joins over ws in the clear with a secret and encrypts, and with a ticket", async () => {
  await using server = new AstraNet({ secret, encryption: 'always' })
  const { address } = await server.listenAndServe('ws', '127.0.0.1:0')
  const listener = await server.bind('', 'who')
  listener.on('connection', (socket) => socket.on('error', () => {}).end(socket.remoteIdentity?.security))
  const ticket = await server.ticket({ grant: {} })
  // Node 20 has no WebSocket of its own.
  const transports = [ws()]
  for (const join of [
    async () => {
      const page = await browserEntry.AstraNet.create({ secret, transports })
      await page.join('ws', address)
      return page
    },
    async () => {
      const page = await browserEntry.AstraNet.create({ transports })
      await page.join(ticket)
      return page
    },
  ]) {
    await using page = await join()
    const { readable } = await page.dial('', 'who')
    expect(await new Response(readable).text()).toBe('encrypted')
  }
})

test('where there is no crypto.subtle the browser says that it takes https or localhost', async () => {
  const found = Object.getOwnPropertyDescriptor(globalThis.crypto, 'subtle')
  Object.defineProperty(globalThis.crypto, 'subtle', { value: undefined, configurable: true })
  try {
    for (const options of [{}, { secret }, { identity: 'mine' }])
      expect(await failure(browserEntry.AstraNet.create(options))).toMatchObject({
        code: 'ASTRA_ERR_SECURE_UNAVAILABLE',
        message: expect.stringMatching(/https, and from localhost/),
      })
  } finally {
    Reflect.deleteProperty(globalThis.crypto, 'subtle')
    if (found !== undefined) Object.defineProperty(globalThis.crypto, 'subtle', found)
  }
})
