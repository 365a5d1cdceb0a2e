import { expect, test } from 'vitest'
import { AstraNet, generateSecret, type AstraNetOptions, type Socket } from '../src/index.js'
import { failure, textOf, until } from './support.js'

const secret = generateSecret()

type Entry = 'secret' | 'grant' | 'ticket with the secret'

/** A network with a secret whose routers form a chain; nothing but routers listens. */
class Chain implements AsyncDisposable {
  readonly #nodes: AstraNet[] = []
  readonly routers: AstraNet[] = []
  readonly #addresses: string[] = []

  static async of(length: number): Promise<Chain> {
    const chain = new Chain()
    for (let index = 0; index < length; index++) {
      const router = chain.#made({ role: 'router', secret })
      const { address } = await router.listenAndServe('tcp4', '127.0.0.1:0')
      const before = chain.#addresses.at(-1)
      if (before !== undefined) await router.join('tcp4', before)
      chain.routers.push(router)
      chain.#addresses.push(address)
    }
    return chain
  }

  /** A node that has come in at one of the routers, and offers what `offer` names. */
  async node(entry: Entry, { at = 0, offer, grant = {}, options = {} }: NodeOptions = {}): Promise<AstraNet> {
    const node = this.#made(entry === 'secret' ? { secret, ...options } : options)
    const router = this.routers.at(at) as AstraNet
    if (entry === 'secret') await node.join('tcp4', this.#addresses.at(at) as string)
    else await node.join(await router.ticket(entry === 'grant' ? { grant } : { secret: true }))
    if (offer !== undefined) await offers(node, offer)
    return node
  }

  #made(options: AstraNetOptions): AstraNet {
    const node = new AstraNet({ holePunching: false, spareRouter: false, ...options })
    this.#nodes.push(node)
    return node
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#nodes.map((node) => node.close()))
  }
}

interface NodeOptions {
  readonly at?: number
  readonly offer?: string
  readonly grant?: { readonly roles?: string[]; readonly services?: string[] }
  readonly options?: AstraNetOptions
}

async function offers(node: AstraNet, name: string): Promise<void> {
  const listener = await node.bind('', name)
  listener.on('connection', (socket: Socket) => socket.on('error', () => undefined).pipe(socket))
}

/** What comes back from the echo of that name, and over which way. */
async function echoed(node: AstraNet, name: string): Promise<string> {
  const socket = await node.dial('', name)
  expect(socket.path.kind).toBe('relay')
  socket.end('hello')
  return await textOf(socket)
}

test('all nodes behind a router reach all others, however they came in', async () => {
  await using chain = await Chain.of(1)
  const entries: readonly Entry[] = ['secret', 'grant', 'grant', 'ticket with the secret']
  const nodes = await Promise.all(
    entries.map((entry, index) => chain.node(entry, { offer: `echo-${index}` })),
  )
  for (const from of nodes)
    for (const index of entries.keys())
      if (nodes[index] !== from) expect(await echoed(from, `echo-${index}`)).toBe('hello')
  expect(chain.routers[0]?.inspect().forwarding).toMatchObject({ opened: 6, refused: {} })
})

test('two nodes that came in by grants of different routers reach each other through three', async () => {
  await using chain = await Chain.of(3)
  const first = await chain.node('grant', { offer: 'first' })
  const last = await chain.node('grant', { offer: 'last', at: -1 })
  await first.waitFor('last')
  expect(await echoed(first, 'last')).toBe('hello')
  await until(() => last.routesMap().get(first.nodeId) !== undefined)
  expect(await echoed(last, 'first')).toBe('hello')
})

test("a grant's services limit its holder in both directions of a tunnel, and only a believed issuer gives roles", async () => {
  await using chain = await Chain.of(1)
  const [router] = chain.routers as [AstraNet]
  const grant = { roles: ['admin'], services: ['allowed'] }
  const holder = await chain.node('grant', { offer: 'allowed', grant })
  const doubting = await chain.node('secret', { offer: 'forbidden' })
  const believing = await chain.node('secret', { options: { granters: [router.publicKey] } })
  const [first, second] = [await doubting.dial('', 'allowed'), await believing.dial('', 'allowed')]
  expect(first.remoteIdentity.roles).toEqual([])
  expect(second.remoteIdentity.roles).toEqual(['admin'])
  // The holder uses the tunnel that the member has opened.
  await holder.waitFor('forbidden')
  expect(await failure(holder.dial('', 'forbidden'))).toMatchObject({ code: 'EACCES' })
  expect(router.inspect().forwarding.opened).toBe(2)
  for (const socket of [first, second]) socket.destroy()
})
