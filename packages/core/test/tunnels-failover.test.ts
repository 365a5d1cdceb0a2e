import { once } from 'node:events'
import { expect, test } from 'vitest'
import { AstraNet, type AstraNetOptions, type NodeId, type Socket } from '../src/index.js'
import { activeMs, Proxy, textOf, until } from './support.js'

/** A client and a server that have joined two routers each, every link through a proxy that can fail. */
class TwoRouters implements AsyncDisposable {
  readonly client: AstraNet
  readonly server: AstraNet
  readonly routers: readonly AstraNet[]
  readonly #proxies: readonly Proxy[]

  private constructor(ends: readonly AstraNet[], routers: readonly AstraNet[], proxies: readonly Proxy[]) {
    const [client, server] = ends as [AstraNet, AstraNet]
    this.client = client
    this.server = server
    this.routers = routers
    this.#proxies = proxies
  }

  static async make(options: AstraNetOptions = {}): Promise<TwoRouters> {
    const routers = [
      new AstraNet({ role: 'router', ...options }),
      new AstraNet({ role: 'router', ...options }),
    ]
    const ends = [new AstraNet(options), new AstraNet(options)]
    const proxies: Proxy[] = []
    const addresses: string[] = []
    for (const router of routers) {
      const { address } = await router.listenAndServe('tcp4', '127.0.0.1:0')
      addresses.push(address)
      proxies.push(await Proxy.to(address))
    }
    await routers[0]?.join('tcp4', addresses[1] as string)
    for (const { address } of proxies) for (const end of ends) await end.join('tcp4', address)
    const net = new TwoRouters(ends, routers, proxies)
    const listener = await net.server.bind('', 'echo')
    listener.on('connection', (socket: Socket) => socket.on('error', () => undefined).pipe(socket))
    await net.client.waitFor('echo')
    return net
  }

  /** The proxy in front of a router. */
  before(nodeId: NodeId | undefined): Proxy {
    const proxy = this.#proxies[this.routers.findIndex((router) => router.nodeId === nodeId)]
    if (proxy === undefined) throw new Error('the socket does not go through a router')
    return proxy
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.client, this.server, ...this.routers].map((node) => node.close()))
    await Promise.all(this.#proxies.map((proxy) => proxy[Symbol.asyncDispose]()))
  }
}

async function echo(socket: Socket, text: string): Promise<string> {
  socket.end(text)
  return await textOf(socket)
}

test('after the router in use has broken audibly, a dial goes by the other one at once', async () => {
  await using net = await TwoRouters.make()
  const socket = await net.client.dial('', 'echo')
  const broken = new Promise((resolve) => socket.on('error', resolve))
  const [used] = socket.path.via
  net.before(used).cut()
  expect(await broken).toMatchObject({ code: 'ECONNRESET' })
  const dialing = net.client.dial('', 'echo')
  // A router that is silent, not broken, takes 1,100 ms.
  expect(await activeMs(dialing)).toBeLessThan(900)
  const next = await dialing
  expect(next.path).toMatchObject({ kind: 'relay' })
  expect(await echo(next, 'again')).toBe('again')
})

test('after the router in use has gone silently, a dial succeeds within 2 s', async () => {
  await using net = await TwoRouters.make()
  const socket = await net.client.dial('', 'echo')
  socket.on('error', () => undefined)
  const [used] = socket.path.via
  net.before(used).freeze()
  const dialing = net.client.dial('', 'echo')
  expect(await activeMs(dialing)).toBeLessThan(2_000)
  const next = await dialing
  expect(next.path.via).not.toContain(used)
  expect(await echo(next, 'again')).toBe('again')
})

test('a first dial through a router that has gone silently goes by the other one', async () => {
  await using net = await TwoRouters.make()
  const best = net.client.routesMap().get(net.server.nodeId)?.via[0]
  net.before(best).freeze()
  const dialing = net.client.dial('', 'echo')
  expect(await activeMs(dialing)).toBeLessThan(2_000)
  const socket = await dialing
  expect(socket.path.via).not.toContain(best)
  expect(await echo(socket, 'through the other')).toBe('through the other')
})

test('a dial while the far node is busy for a while waits for it, and breaks nothing that is open', async () => {
  await using net = await TwoRouters.make()
  const socket = await net.client.dial('', 'echo')
  socket.write('before')
  await once(socket, 'data')
  const proxies = net.client
    .routes()
    .flatMap(({ kind, nodeId }) => (kind === 'direct' ? [net.before(nodeId)] : []))
  expect(proxies.length).toBe(2)
  for (const proxy of proxies) proxy.freeze()
  const dialing = net.client.dial('', 'echo', { timeoutMs: 60_000 })
  const begun = performance.now()
  // Longer than it takes until the path is doubted and another one was tried.
  await until(() => performance.now() - begun > 1_500)
  for (const proxy of proxies) proxy.thaw()
  expect(await echo(await dialing, 'during')).toBe('during')
  socket.write('after')
  expect(String((await once(socket, 'data'))[0])).toBe('after')
})

test('streams move off a router that is closed, and its routes are gone', async () => {
  await using net = await TwoRouters.make()
  const socket = await net.client.dial('', 'echo')
  const [used] = socket.path.via
  socket.on('error', () => undefined)
  await net.routers.find(({ nodeId }) => nodeId === used)?.close()
  const next = await net.client.dial('', 'echo')
  expect(next.path.via).not.toContain(used)
  await until(() => net.client.routes().every(({ nodeId }) => nodeId !== used))
  next.destroy()
})
