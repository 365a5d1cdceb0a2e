import { once } from 'node:events'
import { expect, test } from 'vitest'
import type { DialOptions, Listener, Selector, Socket } from '../src/index.js'
import { HEDGE_SHARE, MIN_HEDGE_MS } from '../src/dial/hedging.js'
import { delayedNodes, ONE_WAY_MS, type DelayedNodes } from './delayed-nodes.js'
import { failure } from './support.js'

/** So long a dial at the slow node takes at least, in ms. */
const SLOW_MS = 2_000

/** Nodes that each have an instance of `web`; the port says which one it is. */
class Web implements AsyncDisposable {
  readonly nodes: DelayedNodes
  readonly listeners: Listener[] = []
  /** What happened at the listeners, in order. */
  readonly seen: string[] = []

  private constructor(nodes: DelayedNodes) {
    this.nodes = nodes
  }

  static async open(delays: Record<string, number>): Promise<Web> {
    const web = new Web(await delayedNodes(delays))
    for (const [index, name] of Object.keys(delays).entries()) {
      // Without a selector the first one is chosen as long as it can be asked.
      const weight = index === 0 ? 1 : 0
      const listener = await web.nodes.node(name).bind('', `web:${index + 1}`, { weight })
      listener.on('connection', (socket) => web.#watch(name, socket))
      web.listeners.push(listener)
    }
    await web.nodes.running(web.nodes.client.waitFor('web', { count: web.listeners.length }))
    return web
  }

  /** After how many ms the dial succeeds, and at which port. */
  async dial(options: DialOptions): Promise<[number, number]> {
    const dialing = this.nodes.client.dial('', 'web', options)
    const halfTrips = await this.nodes.halfTripsUntil(dialing)
    const socket = await dialing
    socket.on('error', () => {}).destroy()
    return [halfTrips * ONE_WAY_MS, socket.remotePort]
  }

  #watch(name: string, socket: Socket): void {
    this.seen.push(`${name} connected`)
    socket.on('data', () => this.seen.push(`${name} data`))
    socket.on('error', (error: NodeJS.ErrnoException) => this.seen.push(`${name} ${error.code}`))
    socket.on('end', () => this.seen.push(`${name} end`))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.nodes[Symbol.asyncDispose]()
  }
}

/** Chooses the instance with the lowest port. */
const lowest: Selector = (instances) => instances.reduce((a, b) => (a.port < b.port ? a : b))

const SLOW_AND_FAST = { slow: SLOW_MS / 2, fast: ONE_WAY_MS }

test('an instance that does not answer for a quarter of the time is hedged; it sees a reset and no byte', async () => {
  await using web = await Web.open(SLOW_AND_FAST)
  expect(await web.dial({ timeoutMs: 4_000 })).toEqual([4_000 * HEDGE_SHARE + 2 * ONE_WAY_MS, 2])
  // The slow one has accepted by now, and its answer has half of its way to go.
  expect(web.seen).toEqual(['slow connected', 'fast connected'])
  for (let count = 0; count < 60; count++) await web.nodes.halfTrip()
  expect(web.seen).toEqual(['slow connected', 'fast connected', 'fast end', 'slow ECONNRESET'])
})

test('the first answer counts, also when it comes from the first instance after all', async () => {
  await using web = await Web.open({ slow: 600, slower: 2_000 })
  expect(await web.dial({ timeoutMs: 4_000 })).toEqual([1_200, 1])
  for (let count = 0; count < 100; count++) await web.nodes.halfTrip()
  expect(web.seen).toEqual(['slow connected', 'slow end', 'slower connected', 'slower ECONNRESET'])
})

test('a short time is not cut in four, and a dial that is answered in time asks once', async () => {
  await using web = await Web.open(SLOW_AND_FAST)
  expect(await web.dial({ timeoutMs: 500 })).toEqual([MIN_HEDGE_MS + 2 * ONE_WAY_MS, 2])
  web.seen.length = 0
  expect(await web.dial({ timeoutMs: 60_000 })).toEqual([SLOW_MS, 1])
  await web.nodes.halfTrip()
  expect(web.seen).not.toContain('fast connected')
})

test('a selector and a hash ring are hedged only when the caller says when, and 0 is never', async () => {
  await using web = await Web.open(SLOW_AND_FAST)
  const timeoutMs = 4_000
  expect(await web.dial({ timeoutMs, selector: lowest })).toEqual([SLOW_MS, 1])
  expect(await web.dial({ timeoutMs, selector: lowest, hedgeAfterMs: 300 })).toEqual([400, 2])
  expect(await web.dial({ timeoutMs, hedgeAfterMs: 0 })).toEqual([SLOW_MS, 1])
  const started = web.nodes.clock.now()
  const ring = web.nodes.client.dial('registry://key', 'web', { timeoutMs })
  const socket = await web.nodes.running(ring)
  expect([web.nodes.clock.now() - started, socket.remotePort]).toEqual([SLOW_MS, 1])
  socket.on('error', () => {}).destroy()
})

test('two instances are asked at once and never three', async () => {
  await using web = await Web.open({ a: 1_000, b: 1_000, c: 1_000, d: 1_000 })
  const asked: number[] = []
  const selector: Selector = (instances, context) => {
    const chosen = lowest(instances, context)
    asked.push(chosen?.port ?? 0)
    return chosen
  }
  const dialing = web.nodes.client.dial('', 'web', { timeoutMs: 9_000, selector, hedgeAfterMs: 100 })
  await web.nodes.clock.advance(1_900)
  expect(asked).toEqual([1, 2])
  const socket = await web.nodes.running(dialing)
  expect([socket.remotePort, asked]).toEqual([1, [1, 2]])
  socket.on('error', () => {}).destroy()
})

test('when one of two refuses, another one is asked beside the one that is left', async () => {
  await using web = await Web.open({ silent: 2_000, full: ONE_WAY_MS, fast: ONE_WAY_MS })
  const listener = web.listeners[1] as Listener
  listener.close()
  await using full = await web.nodes.node('full').bind('', 'web:2', { backlog: 1 })
  await web.nodes.running(web.nodes.client.waitFor('web', { count: 3 }))
  const held = await web.nodes.running(web.nodes.client.dial('', 'web:2'))
  expect(await web.dial({ timeoutMs: 9_000, selector: lowest, hedgeAfterMs: 300 })).toEqual([500, 3])
  held.on('error', () => {}).destroy()
  full.close()
})

test('when all that are asked are silent, the deadline is kept', async () => {
  await using web = await Web.open({ a: 2_000, b: 2_000 })
  const dialing = failure(web.nodes.client.dial('', 'web', { timeoutMs: 1_000 }))
  expect((await web.nodes.halfTripsUntil(dialing)) * ONE_WAY_MS).toBe(1_000)
  expect(await dialing).toMatchObject({ code: 'ETIMEDOUT', address: 'web' })
})

test('an instance that is slower than another one five times is left out for a while', async () => {
  await using web = await Web.open(SLOW_AND_FAST)
  for (let count = 0; count < 5; count++) expect(await web.dial({ timeoutMs: 4_000 })).toEqual([1_100, 2])
  expect(await web.dial({ timeoutMs: 4_000 })).toEqual([2 * ONE_WAY_MS, 2])
})

test('one that is hedged early does not count as failing', async () => {
  await using web = await Web.open(SLOW_AND_FAST)
  for (let count = 0; count < 6; count++) expect(await web.dial({ hedgeAfterMs: 50 })).toEqual([150, 2])
})

test('nothing is hedged once bytes have left, and nothing is sent early to two instances', async () => {
  await using web = await Web.open({ slow: 1_000, other: 600 })
  const { client } = web.nodes
  const early = client.connect('', 'web', { timeoutMs: 4_000 })
  early.write('pay once')
  await web.nodes.running(once(early, 'connect'))
  expect([early.remotePort, web.seen]).toEqual([1, ['slow connected', 'slow data']])
  web.seen.length = 0
  const late = client.connect('', 'web', { timeoutMs: 4_000 })
  await web.nodes.clock.advance(1_000)
  await web.nodes.clock.advance(50)
  late.write('pay once')
  await web.nodes.running(once(late, 'connect'))
  expect([late.remotePort, web.seen]).toEqual([1, ['slow connected', 'other connected']])
  for (const socket of [early, late]) socket.on('error', () => {}).destroy()
})

test('an instance that was asked later, and was sent bytes since, is not hedged', async () => {
  await using web = await Web.open({ full: ONE_WAY_MS, slow: 1_000, fast: ONE_WAY_MS })
  const { nodes } = web
  const { client } = nodes
  web.listeners[0]?.close()
  await using full = await nodes.node('full').bind('', 'web:1', { backlog: 1 })
  await nodes.running(client.waitFor('web', { count: 3 }))
  const held = await nodes.running(client.dial('', 'web:1'))
  const socket = client.connect('', 'web', { timeoutMs: 9_000, selector: lowest, hedgeAfterMs: 300 })
  // The first one has refused at 100 ms, so a second one may be asked beside the slow one from 400 ms on.
  for (let count = 0; count < 7; count++) await nodes.halfTrip()
  socket.write('pay once')
  await nodes.running(once(socket, 'connect'))
  expect([socket.remotePort, web.seen]).toEqual([2, ['slow connected', 'slow data']])
  for (const each of [held, socket]) each.on('error', () => {}).destroy()
  full.close()
})

test('a selector that throws when a second instance is looked for does not end the dial', async () => {
  await using web = await Web.open(SLOW_AND_FAST)
  let calls = 0
  const selector: Selector = (instances, context) => {
    calls += 1
    if (calls > 1) throw new Error('no second one')
    return lowest(instances, context)
  }
  expect(await web.dial({ timeoutMs: 4_000, selector, hedgeAfterMs: 300 })).toEqual([SLOW_MS, 1])
  expect(calls).toBe(2)
})
