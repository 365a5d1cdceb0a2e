import { constants } from 'node:os'
import { memory } from '@astranet/transport-memory'
import { describe, expect, it } from 'vitest'
import * as browserEntry from '../src/browser.js'
import * as nodeEntry from '../src/index.js'
import { boundTo, failure, textOf, turns, until } from './support.js'

/** What can fail of a socket of Web Streams. */
type Call = 'read' | 'write' | 'closed'

/** A node as a page has it, which has joined one as a program on Node has it. */
interface Joined extends AsyncDisposable {
  readonly page: browserEntry.AstraNet
  readonly server: nodeEntry.AstraNet
}

async function joined(): Promise<Joined> {
  const transports = [memory()]
  const page = await browserEntry.AstraNet.create({ transports })
  const server = new nodeEntry.AstraNet({ transports })
  const { address } = await server.listenAndServe('memory', '*')
  await page.join('memory', address)
  return {
    page,
    server,
    async [Symbol.asyncDispose]() {
      await Promise.all([page.close(), server.close()])
    },
  }
}

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

async function textFrom(readable: ReadableStream<Uint8Array>): Promise<string> {
  return await textOf(readable as unknown as AsyncIterable<Uint8Array>)
}

describe('the browser entry', () => {
  it('offers what the Node entry offers, except proxies of the machine', () => {
    const ofNodeOnly = ['Forward', 'Publication']
    expect([...Object.keys(browserEntry), ...ofNodeOnly].sort()).toEqual(Object.keys(nodeEntry).sort())
  })

  it('dials by name, and the socket is a pair of Web Streams that end separately', async () => {
    await using nodes = await joined()
    const listener = await nodes.server.bind('', 'shout', { allowHalfOpen: true })
    listener.on('connection', (socket) => {
      void textOf(socket.iterator({ destroyOnReturn: false })).then((text) => socket.end(text.toUpperCase()))
    })
    const socket = await nodes.page.dial('', 'shout')
    expect(socket).toBeInstanceOf(browserEntry.Socket)
    expect([socket.remoteNode, socket.localNode]).toEqual([nodes.server.nodeId, nodes.page.nodeId])
    expect([socket.remotePort, socket.remoteAddress]).toEqual([
      boundTo(listener).port,
      boundTo(listener).address,
    ])
    const writer = socket.writable.getWriter()
    await writer.write(bytesOf('quietly'))
    await writer.close()
    expect(await textFrom(socket.readable)).toBe('QUIETLY')
    expect(await socket.closed).toBe(undefined)
  })

  it('binds names that others dial, with the bytes that came with the dial', async () => {
    await using nodes = await joined()
    const listener = await nodes.page.bind('', 'page', { tags: ['tab'] })
    await until(() => nodes.server.services().length === 1)
    const socket = await nodes.server.dial('', 'page')
    socket.end('hello, page')
    const accepted = await listener.accept()
    expect(accepted.remoteNode).toBe(nodes.server.nodeId)
    expect(await textFrom(accepted.readable)).toBe('hello, page')
    const writer = accepted.writable.getWriter()
    await writer.write(bytesOf('hello, server'))
    await writer.close()
    expect(await textOf(socket)).toBe('hello, server')
  })

  it('iterates over what is dialed until the listener is closed', async () => {
    await using nodes = await joined()
    const listener = await nodes.page.bind('', ':7')
    for (let index = 0; index < 3; index++) await nodes.page.dial('', ':7')
    let count = 0
    for await (const socket of listener) {
      socket.destroy()
      count += 1
      if (count === 3) listener.close()
    }
    expect([count, listener.listening]).toEqual([3, false])
    expect(await failure(nodes.page.dial('', ':7'))).toMatchObject({ code: 'ECONNREFUSED' })
    expect(await failure(listener.accept())).toMatchObject({ code: 'ECONNABORTED', syscall: 'accept' })
  })

  it('gives up accepting when the signal aborts, and refuses what the backlog has no room for', async () => {
    await using nodes = await joined()
    const listener = await nodes.page.bind('', ':7', { backlog: 1 })
    const aborting = new AbortController()
    const accepting = failure(listener.accept({ signal: aborting.signal }))
    aborting.abort(new Error('no more'))
    expect((await accepting).message).toBe('no more')
    await nodes.page.dial('', ':7')
    await until(() => listener.waiting === 1)
    expect(await failure(nodes.page.dial('', ':7'))).toMatchObject({ code: 'ECONNREFUSED' })
  })

  it('ends a socket with destroy, and resets one with resetAndDestroy', async () => {
    await using nodes = await joined()
    const listener = await nodes.server.bind('', 'sink')
    const ended = await nodes.page.dial('', 'sink')
    await ended.writable.getWriter().write(bytesOf('whole'))
    ended.destroy()
    expect(await textOf(await listener.accept())).toBe('whole')

    const broken = await nodes.page.dial('', 'sink')
    await broken.writable.getWriter().write(bytesOf('part'))
    const reading = failure(broken.readable.getReader().read())
    broken.resetAndDestroy()
    expect(await failure(textOf(await listener.accept()))).toMatchObject({ code: 'ECONNRESET' })
    expect(await reading).toMatchObject({ code: 'ECONNABORTED' })
  })

  it('holds the peer back while nothing is read', async () => {
    await using nodes = await joined()
    const listener = await nodes.server.bind('', 'source')
    const socket = await nodes.page.dial('', 'source')
    const source = await listener.accept()
    source.write(new Uint8Array(3_000_000))
    source.end()
    for (let index = 0; index < 5; index++) await nodes.page.ping(nodes.server.nodeId)
    expect(source.writableFinished).toBe(false)
    let received = 0
    for await (const chunk of socket.readable as unknown as AsyncIterable<Uint8Array>)
      received += chunk.length
    expect(received).toBe(3_000_000)
  })

  it('reads all that a service writes the moment it is dialed', async () => {
    await using nodes = await joined()
    const listener = await nodes.server.bind('', 'source')
    listener.on('connection', (socket) => socket.end(Buffer.alloc(1_000_000)))
    const socket = await nodes.page.dial('', 'source')
    expect((await textFrom(socket.readable)).length).toBe(1_000_000)
  })

  it('gives its own sockets through views as well', async () => {
    await using nodes = await joined()
    const blue = nodes.page.withEnv('blue')
    expect(blue).toBeInstanceOf(browserEntry.AstraNet)
    await blue.bind('', 'one')
    expect(await blue.dial('', 'one')).toBeInstanceOf(browserEntry.Socket)
    expect(blue.withLoopBack(false).services()).toEqual([])
  })

  it('cannot listen', async () => {
    await using page = await browserEntry.AstraNet.create()
    expect(await failure(page.listenAndServe('ws', ':0'))).toMatchObject({ code: 'EOPNOTSUPP' })
    expect((await failure(page.join('tcp', ':1'))).message).toContain('this node has "ws", "wss"')
  })

  it.each<
    [string, (far: nodeEntry.Socket, own: browserEntry.Socket) => unknown, Partial<Record<Call, string>>]
  >([
    [
      'resets',
      (far) => far.resetAndDestroy(),
      { read: 'ECONNRESET', write: 'ECONNRESET', closed: 'ECONNRESET' },
    ],
    ['reads no more', (far) => far.stream.stopSending(), { write: 'EPIPE' }],
    [
      'reads no more and ends',
      (far) => [far.stream.stopSending(), far.end()],
      { write: 'EPIPE', closed: 'EPIPE' },
    ],
    [
      'reads no more and resets later',
      async (far) => {
        far.stream.stopSending()
        await turns(20)
        far.resetAndDestroy()
      },
      { read: 'ECONNRESET', write: 'EPIPE', closed: 'ECONNRESET' },
    ],
    ['is given up here', (_, own) => own.destroy(), { read: 'ECONNABORTED', write: 'ECONNABORTED' }],
    ['is reset here', (_, own) => own.resetAndDestroy(), { read: 'ECONNABORTED', write: 'ECONNABORTED' }],
  ])(
    'reports in each direction the errors of net when the peer or the socket %s',
    async (_, act, expected) => {
      await using nodes = await joined()
      const listener = await nodes.server.bind('', 'svc')
      const own = await nodes.page.dial('', 'svc')
      const far = await listener.accept()
      far.on('error', () => undefined)
      const writer = own.writable.getWriter()
      const calls: [Call, ReturnType<typeof failure>][] = [
        ['write', failure(writer.write(new Uint8Array(1_000_000)))],
      ]
      if ('read' in expected) calls.push(['read', failure(own.readable.getReader().read())])
      await act(far, own)
      if ('closed' in expected) calls.push(['closed', failure(own.closed)])
      for (const [call, promise] of calls) {
        const error = (await promise) as Error & { code?: string; errno?: number; syscall?: string }
        const code = expected[call] as keyof typeof constants.errno
        expect([call, error.code, error.errno]).toEqual([call, code, -constants.errno[code]])
        if (call !== 'closed') expect(error).toMatchObject({ syscall: call, message: `${call} ${code}` })
      }
    },
  )

  it('reports why a socket ended when the other node closes', async () => {
    await using nodes = await joined()
    await nodes.server.bind('', 'sink')
    const socket = await nodes.page.dial('', 'sink')
    await nodes.server.close()
    expect(await failure(socket.readable.getReader().read())).toMatchObject({ code: 'ECONNRESET' })
    expect(await failure(socket.closed)).toMatchObject({ code: 'ECONNRESET' })
  })
})

describe('discovery in a page', () => {
  it('is that of a leaf: it hears from a router what it asks for, and everything while it watches everything', async () => {
    const transports = [memory()]
    await using router = new nodeEntry.AstraNet({ transports, role: 'router' })
    await using one = new nodeEntry.AstraNet({ transports })
    await using two = new nodeEntry.AstraNet({ transports })
    await using page = new browserEntry.AstraNet({ transports })
    const { address } = await router.listenAndServe('memory', '*')
    for (const node of [one, two, page]) await node.join('memory', address)
    await one.bind('', 'a:1')
    await two.bind('', 'b:2')
    await router.waitFor('a')
    await router.waitFor('b')
    expect((await page.resolve('a')).map(({ nodeId }) => nodeId)).toEqual([one.nodeId])
    const listener = await page.bind('', 'tab:3')
    listener.update({ weight: 0, tags: ['x'] })
    await until(() => two.services({ name: 'tab', tags: ['x'] })[0]?.weight === 0)
    const seen: string[] = []
    for await (const { kind, service } of page.serviceMap().watch()) {
      seen.push(`${kind} ${service.name}`)
      if (seen.length === 3) break
    }
    expect(seen.sort()).toEqual(['add a', 'add b', 'add tab'])
    expect(page.routesMap().has(router.nodeId)).toBe(true)
    expect(await page.waitFor('b')).toHaveLength(1)
  })

  it('begins before the identity is there, and the role is settled by the first call', async () => {
    const transports = [memory()]
    await using page = new browserEntry.AstraNet({ transports })
    expect(page.router()).toBe(page)
    const map = page.serviceMap()
    expect([map.size, map.get('a')]).toEqual([0, undefined])
    const watch = map.watch()
    const [first] = await Promise.all([watch.next(), page.bind('', 'a:1')])
    expect(first.value).toMatchObject({ kind: 'add', service: { name: 'a' } })
    expect(() => page.client()).toThrow(/^client\(\) must be called before/)
    expect(await page.resolve('a')).toHaveLength(1)
    await watch.return()
  })

  it('may be that of a router, also when it is made one before the identity is there', async () => {
    const transports = [memory()]
    await using page = new browserEntry.AstraNet({ transports }).router()
    await using one = new nodeEntry.AstraNet({ transports })
    await using two = new nodeEntry.AstraNet({ transports })
    const { address } = await page.listenAndServe('memory', '*')
    for (const node of [one, two]) await node.join('memory', address)
    await one.bind('', 'far:1')
    expect(await two.waitFor('far')).toMatchObject([{ nodeId: one.nodeId }])
  })

  it('fails with what has prevented the identity', async () => {
    const page = new browserEntry.AstraNet({ identity: 'kept' })
    const errors = [failure(page.serviceMap().watch().next()), failure(page.resolve('a'))]
    const error = { code: 'ASTRA_ERR_SECURE_UNAVAILABLE' }
    expect(await Promise.all(errors)).toMatchObject([error, error])
  })
})
