import type { Connection, Transport } from '@astranet/interface'
import { memory } from '@astranet/transport-memory'
import { expect, test } from 'vitest'
import { AstraNet, type NodeId, type Socket } from '../src/index.js'
import { closing, SkipClock, turns } from './support.js'

/** Over each link, in ms. */
const ONE_WAY_MS = 50

/** From the client over one router to the server and back, in ms. */
const ROUND_TRIP_MS = 4 * ONE_WAY_MS

/** Jobs that are more than Node's pool of threads takes at once. */
const POOL_JOBS = 8

/** Everything that was given to the pool of threads, as cryptography is, has its turn; then the program has. */
async function settled(): Promise<void> {
  const job = (): Promise<ArrayBuffer> => crypto.subtle.digest('SHA-256', new Uint8Array(1))
  for (let round = 0; round < 2; round++) {
    await Promise.all(Array.from({ length: POOL_JOBS }, job))
    await turns(10)
  }
}

/** Nodes in virtual time, over links with a delay. */
class Delayed implements AsyncDisposable {
  readonly clock = new SkipClock()
  readonly #memory = memory({ delayMs: ONE_WAY_MS, clock: this.clock, bufferBytes: 1_000_000 })
  readonly #connections = new Map<string, Connection[]>()
  readonly #dead = new Set<string>()
  readonly #nodes: AstraNet[] = []

  /** A node that listens under its name, if it is a router, and has joined others. */
  async node(role: 'node' | 'router', name: string, ...joins: readonly string[]): Promise<AstraNet> {
    const node = new AstraNet({
      clock: this.clock,
      role,
      spareRouter: false,
      transports: [this.#transport()],
    })
    this.#nodes.push(node)
    if (role === 'router') await node.listenAndServe('memory', name)
    for (const address of joins) await this.running(node.join('memory', address))
    return node
  }

  /** As when its process was killed: all its connections break, and nobody can connect to it. */
  kill(name: string): void {
    this.#dead.add(name)
    for (const connection of this.#connections.get(name) ?? []) connection.abort(new Error('killed'))
  }

  /** Lets time pass until the promise has settled. */
  async running<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false
    const settle = (): void => void (isSettled = true)
    promise.then(settle, settle)
    await this.until(() => isSettled)
    return await promise
  }

  /** Lets time pass until it is true; how long that took, in ms. */
  async until(isTrue: () => boolean): Promise<number> {
    const start = this.clock.now()
    for (await settled(); !isTrue(); await settled()) {
      if (this.clock.now() - start > 60_000) throw new Error('it never becomes true')
      await this.clock.advance(10)
    }
    return this.clock.now() - start
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#nodes.map((node) => closing(this.clock, node)))
  }

  #transport(): Transport {
    return {
      networks: this.#memory.networks,
      listen: (...args) => this.#memory.listen(...args),
      dial: async (network, address, options) => {
        if (this.#dead.has(address)) throw new Error(`${address} was killed`)
        const connection = await this.#memory.dial(network, address, options)
        this.#connections.set(address, [...(this.#connections.get(address) ?? []), connection])
        return connection
      },
    }
  }
}

async function echoAt(server: AstraNet): Promise<void> {
  const listener = await server.bind('', 'echo')
  listener.on('connection', (socket: Socket) => socket.on('error', () => undefined).pipe(socket))
}

/** A server and a client with links to the routers "one" and "other", of which the client uses one. */
async function afterFirstDial(net: Delayed): Promise<{
  readonly dialed: () => Promise<{ socket: Socket; tookMs: number }>
  readonly killUsed: () => NodeId
}> {
  const names = new Map<NodeId, string>()
  for (const name of ['one', 'other']) names.set((await net.node('router', name)).nodeId, name)
  const server = await net.node('node', 'server', 'one', 'other')
  const client = await net.node('node', 'client', 'one', 'other')
  await echoAt(server)
  await net.running(client.waitFor('echo'))
  const dialed = async (): Promise<{ socket: Socket; tookMs: number }> => {
    const start = net.clock.now()
    const socket = await net.running(client.dial('', 'echo'))
    socket.on('error', () => undefined)
    return { socket, tookMs: net.clock.now() - start }
  }
  // One for the tunnel, two for the link in it, one for the dial.
  const first = await dialed()
  expect(first.tookMs).toBeLessThanOrEqual(4 * ROUND_TRIP_MS + 100)
  expect((await dialed()).tookMs).toBeLessThanOrEqual(ROUND_TRIP_MS + 100)
  const [used] = first.socket.path.via
  const killUsed = (): NodeId => {
    net.kill(names.get(used as NodeId) as string)
    return used as NodeId
  }
  return { dialed, killUsed }
}

test('just after the router in use was killed, a dial takes as many round trips as a first one', async () => {
  await using net = new Delayed()
  const { dialed, killUsed } = await afterFirstDial(net)
  const killed = killUsed()
  const next = await dialed()
  expect(next.socket.path.via).not.toContain(killed)
  expect(next.tookMs).toBeLessThanOrEqual(4 * ROUND_TRIP_MS + 100)
  expect((await dialed()).tookMs).toBeLessThanOrEqual(ROUND_TRIP_MS + 100)
})

test('three round trips after the router in use was killed, a dial takes one', async () => {
  await using net = new Delayed()
  const { dialed, killUsed } = await afterFirstDial(net)
  const killed = killUsed()
  const start = net.clock.now()
  await net.until(() => net.clock.now() - start >= 3 * ROUND_TRIP_MS + 100)
  const next = await dialed()
  expect(next.socket.path.via).not.toContain(killed)
  expect(next.tookMs).toBeLessThanOrEqual(ROUND_TRIP_MS + 100)
})

test('a second after the links to a killed router have ended, all routes lead around it', async () => {
  await using net = new Delayed()
  const killed = await net.node('router', 'killed')
  const left = await net.node('router', 'left', 'killed')
  const right = await net.node('router', 'right', 'killed', 'left')
  const client = await net.node('node', 'client', 'killed', 'left')
  const server = await net.node('node', 'server', 'killed', 'right')
  await echoAt(server)
  await net.running(client.waitFor('echo'))
  const wayTo = (from: AstraNet, to: AstraNet): readonly NodeId[] | undefined =>
    from.routesMap().get(to.nodeId)?.via
  const leads = (...way: readonly AstraNet[]): boolean => {
    const [via, back] = [wayTo(client, server), wayTo(server, client)?.toReversed()]
    return [via, back].every((each) => String(each) === String(way.map(({ nodeId }) => nodeId)))
  }
  await net.until(() => leads(killed))
  net.kill('killed')
  const hasEnded = (node: AstraNet): boolean =>
    node.inspect().links.every(({ nodeId }) => nodeId !== killed.nodeId)
  await net.until(() => [client, server, left, right].every(hasEnded))
  const knowsKilled = (node: AstraNet): boolean =>
    node.routes().some(({ nodeId, via }) => [nodeId, ...via].includes(killed.nodeId))
  const haveConverged = (): boolean => leads(left, right) && ![client, server, left, right].some(knowsKilled)
  expect(await net.until(haveConverged)).toBeLessThanOrEqual(1_000)
  const start = net.clock.now()
  const socket = await net.running(client.dial('', 'echo'))
  expect(net.clock.now() - start).toBeLessThanOrEqual(2_000)
  expect(socket.path.via).toEqual([left.nodeId, right.nodeId])
  socket.destroy()
})

test('a router that is down when a program starts is no error while another one is up, and is used later', async () => {
  await using net = new Delayed()
  const up = await net.node('router', 'up')
  const server = await net.node('node', 'server', 'up')
  const client = await net.node('node', 'client')
  const late = [server, client].map((node) => node.join('memory', 'down', { keepTrying: true }))
  await echoAt(server)
  await net.running(client.join('memory', 'up'))
  const socket = await net.running(client.dial('', 'echo'))
  expect(socket.path.via).toEqual([up.nodeId])
  socket.on('error', () => undefined)
  const down = await net.node('router', 'down', 'up')
  expect(await net.running(Promise.all(late))).toEqual([down.nodeId, down.nodeId])
  net.kill('up')
  const next = await net.running(client.dial('', 'echo'))
  expect(next.path.via).toEqual([down.nodeId])
  next.destroy()
})
