import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { generateSecret } from '@astranet/secure'
import { memory } from '@astranet/transport-memory'
import { afterEach, expect, test } from 'vitest'
import { AstraNet } from '../src/index.js'
import { browser } from '../src/browser/platform.js'
import { failure, until } from './support.js'

const NAMES = ['MPXROUTER', 'SKYNET_BIND', 'ASTRANET_JOIN', 'ASTRANET_LISTEN', 'ASTRANET_SECRET']

afterEach(() => {
  for (const name of NAMES) delete process.env[name]
})

/** The addresses at which a node listens, without their networks. */
async function listening(node: AstraNet, count: number): Promise<string[]> {
  const advertised = (): string[] => {
    const own = node.inspect().endpoints
    return own.map(({ address }) => address)
  }
  await until(() => advertised().length === count)
  return advertised()
}

/** The process warnings about variables until the test ends. */
function variableWarnings(): { readonly warnings: Error[] } & Disposable {
  const warnings: Error[] = []
  const onWarning = (warning: Error & { code?: string }): void => {
    if (warning.code === 'ASTRA_WARN_VARIABLE') warnings.push(warning)
  }
  process.on('warning', onWarning)
  return { warnings, [Symbol.dispose]: () => void process.off('warning', onWarning) }
}

test('MPXROUTER joins and SKYNET_BIND listens, once the program uses its node', async () => {
  process.env.SKYNET_BIND = '127.0.0.1:0'
  await using server = new AstraNet()
  delete process.env.SKYNET_BIND
  expect(server.inspect().endpoints).toEqual([])
  await server.bind('echo')
  const [address = ''] = await listening(server, 1)
  process.env.MPXROUTER = address
  await using client = new AstraNet()
  delete process.env.MPXROUTER
  expect(client.inspect().joins).toEqual([])
  const socket = await client.dial('echo')
  socket.destroy()
  expect(client.inspect().joins).toMatchObject([{ state: 'joined', addresses: [`tcp4://${address}`] }])
})

test('the join that a variable asks for is tried until it succeeds', async () => {
  const transports = [memory()]
  await using server = new AstraNet({ transports })
  await server.bind('echo')
  await using client = new AstraNet({ transports, variables: { ASTRANET_JOIN: 'memory://late' } })
  expect(client.routes()).toEqual([])
  await until(() => (client.inspect().joins[0]?.failures ?? 0) > 0)
  expect(client.inspect().joins).toMatchObject([{ lastError: { code: 'ECONNREFUSED' }, nodeId: undefined }])
  await server.listenAndServe('memory://late')
  expect(await client.waitFor('echo')).toHaveLength(1)
})

test('a join of a variable that fails is one warning, and is tried until it succeeds', async () => {
  using warned = variableWarnings()
  const { warnings } = warned
  await using server = new AstraNet()
  const first = await server.listenAndServe('tcp4', '127.0.0.1:0')
  const { address } = first
  await first.close()
  await using client = new AstraNet({ variables: { ASTRANET_JOIN: `tcp4://${address}` } })
  const error = await failure(client.dial('', 'echo', { timeoutMs: 0 }))
  expect(error.message).toMatch(/: this node has no link$/)
  await until(() => (client.inspect().joins[0]?.failures ?? 0) > 1)
  expect(warnings.map(({ message }) => message)).toEqual([
    `ASTRANET_JOIN: join tcp4://${address} has failed, and is tried again: connect ECONNREFUSED ${address}`,
  ])
  expect((await failure(client.dial('', 'echo', { timeoutMs: 0 }))).message).toContain(
    `this node has no link (join tcp4://${address}: connect ECONNREFUSED ${address})`,
  )
  await server.bind('echo')
  await server.listenAndServe('tcp4', address)
  expect(await client.waitFor('echo')).toHaveLength(1)
  expect(warnings).toHaveLength(1)
})

test('a warning about a join by a ticket does not show the ticket', async () => {
  using warned = variableWarnings()
  const { warnings } = warned
  await using server = new AstraNet({ variables: { ASTRANET_LISTEN: '127.0.0.1:0' } })
  const ticket = await server.ticket()
  await server.close()
  await using client = new AstraNet({ variables: { MPXROUTER: '', ASTRANET_JOIN: ticket } })
  client.services()
  await until(() => warnings.length > 0)
  expect(warnings[0]?.message).toMatch(
    /^ASTRANET_JOIN: join a ticket has failed, and is tried again: connect/,
  )
  expect(warnings[0]?.message).not.toContain('astranet-ticket')
})

test('a join of a variable that ends with its node is no warning', async () => {
  using warned = variableWarnings()
  const silent = createServer().listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const { port } = silent.address() as AddressInfo
  const node = new AstraNet({ variables: { ASTRANET_JOIN: `127.0.0.1:${port}` } })
  node.services()
  await once(silent, 'connection')
  await node.close()
  await new Promise((resolve) => silent.close(resolve))
  expect(warned.warnings).toEqual([])
})

test('ASTRANET_JOIN and ASTRANET_LISTEN take several addresses, and ASTRANET_SECRET replaces no secret that is given', async () => {
  const secret = generateSecret()
  const variables = { ASTRANET_SECRET: secret, ASTRANET_LISTEN: 'tcp4://127.0.0.1:0, tcp://127.0.0.1:0' }
  await using server = new AstraNet({ variables })
  await server.bind('echo')
  const addresses = await listening(server, 2)
  const ticket = await server.ticket({ secret: true })
  await using client = new AstraNet({
    variables: { ASTRANET_SECRET: 'short', ASTRANET_JOIN: addresses.join('\n') },
    secret,
  })
  expect(await client.waitFor('echo')).toHaveLength(1)
  await using guest = new AstraNet({ variables: { ASTRANET_JOIN: ticket } })
  expect(await guest.waitFor('echo')).toHaveLength(1)
  const shown = JSON.stringify(guest.inspect().joins, (_, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  )
  expect(shown).toContain('127.0.0.1')
  expect(shown).not.toContain(ticket.slice(20, 60))
})

test('a client does not listen, whatever its variables say', async () => {
  await using node = new AstraNet({
    variables: { SKYNET_BIND: '127.0.0.1:0', ASTRANET_LISTEN: ':0' },
  }).client()
  expect(node.services()).toEqual([])
  await node.resolve('anything', { timeoutMs: 1 }).catch(() => undefined)
  expect(node.inspect().endpoints).toEqual([])
})

test('an address at which a node cannot listen is a warning that names the variable', async () => {
  await using first = new AstraNet()
  const { address } = await first.listenAndServe('tcp4', '127.0.0.1:0')
  using warned = variableWarnings()
  await using second = new AstraNet({ variables: { ASTRANET_LISTEN: `tcp4://${address}` } })
  await second.bind('x')
  await until(() => warned.warnings.length > 0)
  expect(warned.warnings).toMatchObject([
    { message: expect.stringMatching(/^ASTRANET_LISTEN: listen EADDRINUSE/) },
  ])
})

test('MPXROUTER and SKYNET_BIND are warnings for a node without the network tcp4', async () => {
  using warned = variableWarnings()
  const { warnings } = warned
  const variables = { MPXROUTER: '127.0.0.1:1', SKYNET_BIND: ':0' }
  await using node = await AstraNet.create({ transports: [memory()], variables })
  await node.bind('x')
  await until(() => warnings.length === 2)
  for (const name of ['MPXROUTER', 'SKYNET_BIND']) {
    const message = `${name}: The argument 'network' is not known; this node has "memory". Received 'tcp4'`
    expect(warnings).toContainEqual(expect.objectContaining({ message }))
  }
})

test.each<[string, string, RegExp]>([
  ['MPXROUTER', 'nowhere:port', /^MPXROUTER must have host:port or a domain, got "nowhere:port"$/],
  ['MPXROUTER', '127.0.0.1:0', /^MPXROUTER must have/],
  ['MPXROUTER', '127.0.0.1:70000', /^MPXROUTER must have/],
  ['MPXROUTER', '127.0.0.1:1,127.0.0.1:2', /^MPXROUTER must have/],
  ['SKYNET_BIND', 'tcp4://:1', /^SKYNET_BIND must have host:port or :port, got "tcp4:\/\/:1"$/],
  ['SKYNET_BIND', '4000', /^SKYNET_BIND must have host:port or :port, got "4000"$/],
  ['SKYNET_BIND', 'example.com', /^SKYNET_BIND must have/],
  ['ASTRANET_LISTEN', ':1 :x', /^ASTRANET_LISTEN must have network:\/\/address or :port, got ":x"/],
  ['ASTRANET_JOIN', 'udp://h:1', /^ASTRANET_JOIN names the network "udp", and this node has tcp, tcp4/],
  ['ASTRANET_JOIN', 'h:1,nonsense', /^ASTRANET_JOIN must have/],
  ['ASTRANET_JOIN', 'astranet-ticket-1.abc', /^ASTRANET_JOIN: /],
  [
    'ASTRANET_SECRET',
    'short',
    /^The value of "ASTRANET_SECRET" is out of range\. It must be at least 16 characters: the command astranet-secret makes a good one/,
  ],
])('%s with the value %s is an error of the constructor that names it', async (name, value, message) => {
  expect(() => new AstraNet({ variables: { [name]: value } })).toThrow(message)
  await expect(AstraNet.create({ variables: { [name]: value } })).rejects.toThrow(message)
  process.env[name] = value
  expect(() => new AstraNet()).toThrow(message)
  await new AstraNet({ variables: {} }).close()
})

test('the mode of a node that a variable has made join is settled by its first use', async () => {
  await using server = new AstraNet()
  const { address } = await server.listenAndServe('127.0.0.1:0')
  await using node = new AstraNet({ variables: { ASTRANET_JOIN: address } })
  node.client().server()
  node.services()
  expect(() => node.client()).toThrow(expect.objectContaining({ code: 'ASTRA_ERR_NODE_STARTED' }))
  await node.bind('still-there')
})

test('a ticket has the addresses that ASTRANET_LISTEN names, also when it is the first call', async () => {
  await using server = new AstraNet({ variables: { ASTRANET_LISTEN: '127.0.0.1:0' } })
  await using client = new AstraNet({ variables: {} })
  expect(await client.join(await server.ticket())).toBe(server.nodeId)
})

test('what is joined is shown only when it cannot be a ticket', () => {
  const spoilt = `astranet-tiket-1.${'x'.repeat(100)}`
  expect(() => new AstraNet({ variables: { ASTRANET_JOIN: spoilt } })).toThrow(/^((?!xxx).)*$/)
})

test('empty variables count as absent, other transports have other networks, and browsers read none', async () => {
  const empty = Object.fromEntries(NAMES.map((name) => [name, name === 'ASTRANET_JOIN' ? ' , ' : '']))
  await using node = new AstraNet({ variables: empty })
  expect(node.services()).toEqual([])
  const transports = [memory()]
  await using server = new AstraNet({ transports, variables: { ASTRANET_LISTEN: 'memory://hall' } })
  await server.bind('echo')
  await using client = new AstraNet({ transports, variables: { ASTRANET_JOIN: 'memory://hall' } })
  expect(await client.waitFor('echo')).toHaveLength(1)
  expect(() => new AstraNet({ transports, variables: { ASTRANET_JOIN: 'tcp4://127.0.0.1:1' } })).toThrow(
    /^ASTRANET_JOIN names the network "tcp4", and this node has memory$/,
  )
  expect(browser.variables()).toEqual({})
  expect(() => new AstraNet({ variables: 1 as never })).toThrow(
    /^The "options\.variables" property must be of type object/,
  )
})
