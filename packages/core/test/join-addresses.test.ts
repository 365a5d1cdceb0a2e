import { promises } from 'node:dns'
import { once } from 'node:events'
import { createServer, type AddressInfo, type LookupFunction } from 'node:net'
import { tcp } from '@astranet/transport-tcp'
import { afterEach, expect, test } from 'vitest'
import { AstraNet } from '../src/index.js'
import { SrvResponder } from './srv-responder.js'
import { failure } from './support.js'

const portOf = (address: string): number => Number(address.split(':').at(-1))

/** What is closed after a test, last first. */
const closers: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

async function listening(host = '127.0.0.1', port = 0): Promise<{ node: AstraNet; address: string }> {
  const node = new AstraNet()
  closers.push(() => node.close())
  const { address } = await node.listenAndServe('tcp4', `${host}:${port}`)
  return { node, address }
}

/** A program that is no node: it ends each connection. */
async function stranger(host: string, port = 0): Promise<number> {
  const server = createServer((socket) => socket.on('error', () => undefined).end('220 hello\r\n'))
  server.listen(port, host)
  await once(server, 'listening')
  closers.push(() => new Promise((resolve) => server.close(resolve)))
  return (server.address() as AddressInfo).port
}

/** Resolves every name to these addresses. */
function lookupTo(...addresses: string[]): LookupFunction {
  return (_name, _options, callback) =>
    callback(
      null,
      addresses.map((address) => ({ address, family: 4 })),
    )
}

async function resolving(): Promise<{ dns: SrvResponder; node: AstraNet }> {
  const dns = await SrvResponder.start()
  closers.push(() => dns[Symbol.asyncDispose]())
  const resolver = new promises.Resolver({ timeout: 2_000, tries: 1 })
  resolver.setServers([dns.address])
  const transports = [tcp({ resolveSrv: (name) => resolver.resolveSrv(name), lookup: lookupTo('127.0.0.1') })]
  const node = new AstraNet({ transports })
  closers.push(() => node.close())
  return { dns, node }
}

test('a domain is joined at the hosts of its SRV records, those of the lowest priority first', async () => {
  const { dns, node } = await resolving()
  const [first, second] = [await listening(), await listening()]
  const refused = await stranger('127.0.0.1')
  dns.records.set('_astranet._tcp.example.com', [
    { priority: 20, weight: 0, port: portOf(second.address), host: 'b.example.com' },
    { priority: 10, weight: 5, port: portOf(first.address), host: 'a.example.com' },
    { priority: 5, weight: 0, port: refused, host: 'mail.example.com' },
  ])
  expect(await node.join('example.com')).toBe(first.node.nodeId)
  expect(dns.asked).toEqual(['_astranet._tcp.example.com'])
  expect(node.inspect().joins).toMatchObject([{ addresses: ['tcp://example.com'], state: 'joined' }])
  expect(await node.join('tcp4', 'example.com.')).toBe(first.node.nodeId)
})

test('a domain without records, or with one that says no, is ENOTFOUND, and a wrong address is a TypeError', async () => {
  const { dns, node } = await resolving()
  expect(await failure(node.join('nobody.example.com'))).toMatchObject({
    code: 'ENOTFOUND',
    message:
      'There is no record _astranet._tcp.nobody.example.com of type SRV; ' +
      'to join an address, give a port: nobody.example.com:10000.',
  })
  dns.records.set('_astranet._tcp.no.example.com', [{ priority: 0, weight: 0, port: 0, host: '.' }])
  expect(await failure(node.join('no.example.com'))).toMatchObject({ code: 'ENOTFOUND' })
  expect(await failure(node.join('tcp', 'localhost'))).toBeInstanceOf(TypeError)
})

test('a look-up that takes too long, and one that is given up, end the join', async () => {
  const transports = [tcp({ resolveSrv: () => new Promise(() => undefined) })]
  await using node = new AstraNet({ transports })
  expect(await failure(node.join('example.com', { timeoutMs: 10 }))).toMatchObject({ code: 'ETIMEDOUT' })
  const reason = new Error('no more')
  expect(await failure(node.join('example.com', { signal: AbortSignal.abort(reason) }))).toBe(reason)
  const later = new AbortController()
  const joining = failure(node.join('example.com', { signal: later.signal }))
  later.abort(reason)
  expect(await joining).toBe(reason)
})

test('when the program at one address of a host is no node, the other addresses are tried', async () => {
  const { node: server, address } = await listening('127.0.0.3')
  const port = portOf(address)
  await stranger('127.0.0.2', port)
  await using node = new AstraNet({ transports: [tcp({ lookup: lookupTo('127.0.0.2', '127.0.0.3') })] })
  expect(await node.join('tcp4', `many.example.com:${port}`)).toBe(server.nodeId)
  await using other = new AstraNet({ transports: [tcp({ lookup: lookupTo('127.0.0.2', '127.0.0.2') })] })
  const error = await failure(other.join('tcp4', `one.example.com:${port}`))
  expect(error).toMatchObject({ code: 'ASTRA_ERR_LINK_FOREIGN' })
})
