import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { memory } from '@astranet/transport-memory'
import { afterEach, expect, test } from 'vitest'
import { AstraNet, formatNodeId, generateSecret, type NodeId } from '../src/index.js'
import { closing, failure, Proxy, SkipClock, textOf, turns, unreliable, until } from './support.js'

interface JoinEvent {
  readonly name: string
  readonly nodeId: NodeId | undefined
  readonly address?: string
  readonly addresses: readonly string[]
  readonly failures?: number
  readonly retryInMs?: number
  readonly error?: unknown
}

const observers: (() => void)[] = []

afterEach(() => {
  for (const end of observers.splice(0)) end()
})

/** What is reported about joins to these addresses; each test has its own. */
function observed(about: string): JoinEvent[] {
  const events: JoinEvent[] = []
  for (const name of ['joined', 'lost', 'failed']) {
    const onMessage = (message: unknown): void => {
      const event = message as JoinEvent
      if (event.addresses.includes(about)) events.push({ ...event, name })
    }
    subscribe(`astranet:join:${name}`, onMessage)
    observers.push(() => void unsubscribe(`astranet:join:${name}`, onMessage))
  }
  return events
}

const names = (events: readonly JoinEvent[]): string[] => events.map(({ name }) => name)

test('a join reports that it was joined, lost, failed and joined again, and shows where it stands', async () => {
  const clock = new SkipClock()
  const transport = unreliable(memory({ clock }))
  const server = new AstraNet({ clock, transports: [transport] })
  const client = new AstraNet({ clock, transports: [transport] })
  await server.listenAndServe('memory', 'stage')
  const events = observed('memory://stage')
  await client.join('memory', 'stage')
  const { nodeId } = server
  expect(events).toMatchObject([{ name: 'joined', nodeId, address: 'memory://stage', failures: 0 }])
  expect(client.inspect().joins).toEqual([
    {
      ...{ addresses: ['memory://stage'], told: [], state: 'joined', nodeId, failures: 0 },
      ...{ lastError: undefined, retryInMs: undefined },
    },
  ])
  transport.isDown = true
  transport.cut()
  await until(() => names(events).includes('lost'))
  expect(events[1]).toMatchObject({ nodeId, retryInMs: expect.any(Number) })
  expect(client.inspect().joins).toMatchObject([{ state: 'waiting' }])
  await clock.advance(3_000)
  const failed = events.filter(({ name }) => name === 'failed')
  expect(failed.length).toBeGreaterThan(1)
  expect(failed.map(({ failures }) => failures)).toEqual(failed.map((_, index) => index + 1))
  expect(failed[0]).toMatchObject({ nodeId, error: { code: 'ECONNREFUSED' } })
  expect(client.inspect().joins).toMatchObject([
    { state: 'waiting', nodeId, lastError: { code: 'ECONNREFUSED', message: 'down' } },
  ])
  await clock.advance(3_600_000)
  const waits = events.map(({ retryInMs = 0 }) => retryInMs)
  expect(Math.max(...waits)).toBeLessThanOrEqual(30_000)
  expect(waits.at(-1)).toBeGreaterThanOrEqual(15_000)
  transport.isDown = false
  await clock.advance(30_000)
  expect(events.at(-1)).toMatchObject({ name: 'joined', nodeId, failures: expect.any(Number) })
  expect(client.inspect().joins).toMatchObject([{ state: 'joined', failures: 0, lastError: undefined }])
  await Promise.all([closing(clock, client), closing(clock, server)])
  expect(client.inspect().joins).toEqual([])
})

test('a join that keeps trying waits for a node that starts later, and one that does not fails at once', async () => {
  const clock = new SkipClock()
  const transports = [memory({ clock })]
  const client = new AstraNet({ clock, transports })
  expect(await failure(client.join('memory', 'later'))).toMatchObject({ code: 'ECONNREFUSED' })
  let joined: NodeId | undefined
  void client.join('memory', 'later', { keepTrying: true }).then((nodeId) => (joined = nodeId))
  await clock.advance(60_000)
  expect([joined, client.inspect().joins[0]?.state]).toEqual([undefined, 'waiting'])
  const server = new AstraNet({ clock, transports })
  await server.listenAndServe('memory', 'later')
  await clock.advance(30_000)
  expect(joined).toBe(server.nodeId)
  await Promise.all([closing(clock, client), closing(clock, server)])
})

test('a join that keeps trying ends with its signal, and with its node', async () => {
  const transports = [memory()]
  const client = new AstraNet({ transports })
  const controller = new AbortController()
  const reason = new Error('enough')
  const given = failure(client.join('memory', 'never', { keepTrying: true, signal: controller.signal }))
  const other = failure(client.join('memory', 'nowhere', { keepTrying: true }))
  await until(() => client.inspect().joins.every(({ failures }) => failures > 0))
  controller.abort(reason)
  expect(await given).toBe(reason)
  await client.close()
  expect(await other).toMatchObject({ code: 'ECONNABORTED' })
})

test('a call whose signal has aborted already leaves no join behind', async () => {
  await using client = new AstraNet({ transports: [memory()] })
  const signal = AbortSignal.abort()
  expect(await failure(client.join('memory', 'never', { signal, keepTrying: true }))).toBe(signal.reason)
  expect(client.inspect().joins).toEqual([])
})

test('calls for one address are one join, which ends when the last of them has given up', async () => {
  const clock = new SkipClock()
  const transport = unreliable(memory({ clock }))
  const transports = [transport]
  const client = new AstraNet({ clock, transports })
  const server = new AstraNet({ clock, transports })
  const first = new AbortController()
  const second = new AbortController()
  const options = { keepTrying: true }
  const joining = [
    client.join('memory', 'shared', { ...options, signal: first.signal }),
    client.join('memory', 'shared', { ...options, signal: second.signal }),
  ]
  await clock.advance(10_000)
  expect(client.inspect().joins).toMatchObject([{ state: 'waiting' }])
  // One that does not keep trying asks at once, and its failure is not that of the others.
  const { failures = 0 } = client.inspect().joins[0] ?? {}
  expect(await failure(client.join('memory', 'shared'))).toMatchObject({ code: 'ECONNREFUSED' })
  expect(client.inspect().joins).toMatchObject([{ state: 'waiting', failures: failures + 1 }])
  await server.listenAndServe('memory', 'shared')
  await clock.advance(30_000)
  expect(await Promise.all(joining)).toEqual([server.nodeId, server.nodeId])
  first.abort()
  for (let count = 0; count < 100; count++) await client.join('memory', 'shared', { signal: second.signal })
  expect([client.inspect().joins.length, client.inspect().links.length]).toEqual([1, 1])
  second.abort()
  expect(client.inspect().joins).toEqual([])
  expect(client.inspect().links.length).toBe(1)
  await Promise.all([closing(clock, client), closing(clock, server)])
})

test('nodes that lose a neighbour at the same time come back at different times', async () => {
  const events = observed('memory://nobody')
  const clients = Array.from({ length: 20 }, () => new AstraNet({ transports: [memory()] }))
  const joining = clients.map((client) => failure(client.join('memory', 'nobody', { keepTrying: true })))
  await until(() => events.filter(({ failures }) => failures === 1).length === clients.length)
  const delays = events.filter(({ failures }) => failures === 1).map(({ retryInMs = 0 }) => retryInMs)
  expect(Math.min(...delays)).toBeGreaterThanOrEqual(100)
  expect(Math.max(...delays)).toBeLessThanOrEqual(250)
  expect(Math.max(...delays) - Math.min(...delays)).toBeGreaterThan(10)
  await Promise.all([...clients.map((client) => client.close()), ...joining])
})

test('when the address of a join is gone, the node is joined at one that it has told since', async () => {
  await using server = new AstraNet()
  const { address } = await server.listenAndServe('tcp4', '127.0.0.1:0')
  await using client = new AstraNet()
  const proxy = await Proxy.to(address)
  const events = observed(`tcp4://${proxy.address}`)
  await client.join('tcp4', proxy.address)
  await until(() => client.inspect().joins[0]?.told.includes(`tcp4://${address}`) === true)
  await proxy[Symbol.asyncDispose]()
  await until(() => names(events).filter((name) => name === 'joined').length === 2)
  expect(events.at(-1)).toMatchObject({ nodeId: server.nodeId, address: `tcp4://${address}` })
  expect(client.routes().map(({ nodeId }) => nodeId)).toEqual([server.nodeId])
})

test('a server is not joined at addresses that it was only told', async () => {
  await using other = new AstraNet()
  const { address } = await other.listenAndServe('tcp4', '127.0.0.1:0')
  await using server = new AstraNet().server()
  const proxy = await Proxy.to(address)
  const events = observed(`tcp4://${proxy.address}`)
  await server.join('tcp4', proxy.address)
  await proxy[Symbol.asyncDispose]()
  await until(() => names(events).includes('failed'))
  expect(server.inspect().joins[0]?.told).toEqual([])
})

test.each([
  ['by its address', { isByTicket: false }],
  ['by a ticket', { isByTicket: true }],
])(
  'a node that joined %s and has lost all its links is linked with another router',
  async (_, { isByTicket }) => {
    const clock = new SkipClock()
    const unlinked = { clock, sessionLimits: { keepAliveIntervalMs: 0 } }
    const options = { ...unlinked, ...(isByTicket ? { secret: generateSecret() } : {}) }
    const [first, second] = [new AstraNet(options).router(), new AstraNet(options).router()]
    const at = await first.listenAndServe('tcp4', '127.0.0.1:0')
    await second.listenAndServe('tcp4', '127.0.0.1:0')
    await second.join('tcp4', at.address)
    const listener = await second.bind('echo')
    listener.on('connection', (socket) => socket.pipe(socket))
    const client = new AstraNet({ ...unlinked, spareRouter: false })
    await client.join(isByTicket ? await first.ticket({ secret: true }) : `tcp4://${at.address}`)
    await until(() => client.routes().length === 2)
    await clock.advance(5_000)
    await closing(clock, first)
    await until(() => client.inspect().joins[0]?.state === 'waiting')
    for (let count = 0; count < 40 && client.routes().length === 0; count++) await clock.advance(500)
    expect(client.inspect().links.map(({ nodeId }) => formatNodeId(nodeId))).toEqual([
      formatNodeId(second.nodeId),
    ])
    expect(client.inspect().joins[0]?.state).not.toBe('joined')
    const socket = await client.dial('echo')
    socket.end('still here')
    expect(await textOf(socket)).toBe('still here')
    await turns(1)
    await Promise.all([closing(clock, client), closing(clock, second)])
    expect(clock.pending).toBe(0)
  },
)

test.each([
  ['leaves', true],
  ['is lost', false],
])(
  'a node whose only router %s soon after the join is linked with another one of which it learned last',
  async (_, isDraining) => {
    const first = new AstraNet({ role: 'router' })
    await using second = new AstraNet({ role: 'router' })
    const at = await first.listenAndServe('tcp4', '127.0.0.1:0')
    await using proxy = await Proxy.to(at.address)
    const listener = await first.bind('', 'still-open')
    listener.on('connection', (socket) => socket.on('error', () => undefined).resume())
    // The client's clock stands still, so that it does not look for routers often.
    const clock = new SkipClock()
    const client = new AstraNet({ clock, spareRouter: false, sessionLimits: { keepAliveIntervalMs: 0 } })
    await client.join('tcp4', proxy.address)
    const socket = await client.dial('', 'still-open')
    socket.on('error', () => undefined)
    await second.listenAndServe('tcp4', '127.0.0.1:0')
    await second.bind('', 'known-last')
    await second.join('tcp4', at.address)
    await client.waitFor('known-last')
    await clock.advance(100)
    if (!isDraining) proxy.cut()
    const closed = first.close(isDraining ? { drainMs: 60_000 } : {})
    await until(() => client.inspect().joins[0]?.state === 'waiting')
    while (client.inspect().joins[0]?.failures === 0) await clock.advance(100)
    await until(() => client.routes().some(({ nodeId }) => nodeId === second.nodeId))
    expect(socket.destroyed).toBe(!isDraining)
    socket.destroy()
    await closed
    await closing(clock, client)
  },
)
