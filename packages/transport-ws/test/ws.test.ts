import { readdirSync, readFileSync } from 'node:fs'
import { createServer as createTlsServer } from 'node:https'
import { createServer, type AddressInfo, type LookupFunction, type Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { Probe } from '@astranet/testkit'
import { ws, type WsOptions } from '@astranet/transport-ws'
import { ws as browserWs, type StandardWebSocketConstructor } from '@astranet/transport-ws/browser'
import { describe, expect, it } from 'vitest'
import { WebSocket, WebSocketServer, type ClientOptions } from 'ws'
import { closeAll, listening, portOf, serverTls, strangerTls, turnsUntil, withHttpServer } from './support.js'

const PROTOCOL = 'astranet-1-qx02'

/** How a WebSocket client that is not this transport fares: `open`, or the status it was refused with. */
function foreignClient(url: string, options: ClientOptions, protocols = [PROTOCOL]): Promise<string> {
  const socket = new WebSocket(url, protocols, options)
  return new Promise((resolve) => {
    socket.once('open', () => {
      resolve('open')
      socket.terminate()
    })
    socket.on('error', (error) => resolve(/\d+$/.exec(error.message)?.[0] ?? error.message))
  })
}

describe('ws', () => {
  it('does not talk to a server whose certificate is not trusted', async () => {
    const { listener, accepted } = await listening(ws({ tls: strangerTls }), 'wss')
    const dialing = ws({ tls: { ca: serverTls.ca ?? [] } }).dial('wss', listener.address)
    await expect(dialing).rejects.toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
    expect(accepted).toEqual([])
    await listener.close()
  })

  it('connects only to those addresses of a name that may be connected to', async () => {
    const { listener, accepted } = await listening(ws())
    const port = portOf(listener.address)
    const looked: string[] = []
    const lookup: LookupFunction = (name, _options, callback) => {
      looked.push(name)
      callback(null, [
        { address: '127.0.0.9', family: 4 },
        { address: '127.0.0.1', family: 4 },
      ])
    }
    const asked: string[] = []
    const dial = (host: string, allowed: readonly string[]) =>
      ws({ lookup }).dial('ws', `${host}:${port}`, {
        mayConnect: (each) => {
          asked.push(each)
          return allowed.includes(each)
        },
      })
    expect(ws().asksMayConnect).toBe(true)
    const connection = await dial('relay.example', ['127.0.0.1'])
    await expect(dial('relay.example', [])).rejects.toMatchObject({ code: 'EACCES' })
    await expect(dial('127.0.0.1', [])).rejects.toMatchObject({ code: 'EACCES' })
    // A URL makes an IP address of it.
    await expect(dial('127.1', [])).rejects.toMatchObject({ code: 'EACCES' })
    expect(looked).toEqual(['relay.example', 'relay.example'])
    expect(asked).toEqual(['127.0.0.9', '127.0.0.1', '127.0.0.9', '127.0.0.1', '127.0.0.1', '127.0.0.1'])
    await turnsUntil(() => accepted.length === 1)
    await closeAll([connection, ...accepted])
    await listener.close()
  })

  it('lets in pages from its own host and port only, unless told otherwise', async () => {
    const cases: [WsOptions['origins'], string, string][] = [
      [undefined, 'own', 'open'],
      [undefined, 'http://evil.example', '403'],
      [['http://app.example'], 'http://app.example', 'open'],
      [undefined, 'https://own', '403'],
      [undefined, 'null', '403'],
      [['http://app.example'], 'own', '403'],
      ['*', 'http://evil.example', 'open'],
    ]
    for (const [origins, from, expected] of cases) {
      const { listener, accepted, errors } = await listening(ws(origins === undefined ? {} : { origins }))
      const origin = from.replace(/^own$/, 'http://own').replace(/(?<=\/)own$/, listener.address)
      expect(await foreignClient(`ws://${listener.address}`, { headers: { origin } })).toBe(expected)
      await turnsUntil(() => accepted.length + errors.length === 1)
      if (expected === '403') expect(errors[0]?.message).toMatch(/its page comes from .*not in origins/)
      await closeAll(accepted)
      await listener.close()
    }
  })

  it('takes the scheme and the name of its own host for what they mean', async () => {
    const own = { ...serverTls, servername: 'localhost' }
    const page =
      (name: string): ((port: number) => string) =>
      (port) =>
        `${name}:${port}`
    const cases: [string, WsOptions, string, (port: number) => string, string][] = [
      ['a name that means this machine', {}, 'http', page('localhost'), 'open'],
      ["an IPv6 address, as the page's own", {}, 'http', page('[::1]'), 'open'],
      ['a name that was made to mean this machine', {}, 'http', page('evil.example'), '403'],
      ['a name that only begins like it', {}, 'http', page('localhost.evil.example'), '403'],
      ['a name that looks like an address', {}, 'http', page('127.0.0.1.evil.example'), '403'],
      ['a page over TLS that a proxy terminates', {}, 'https', page('app.example'), '403'],
      ['the same, named', { origins: ['https://app.example'] }, 'https', () => 'app.example', 'open'],
      ['a name, over TLS', { tls: own }, 'https', page('app.example'), 'open'],
      ['a page in the clear, over TLS', { tls: own }, 'http', page('app.example'), '403'],
    ]
    for (const [what, options, scheme, hostOf, expected] of cases) {
      const network = options.tls === undefined ? 'ws' : 'wss'
      const { listener, accepted, errors } = await listening(ws(options), network)
      const host = hostOf(portOf(listener.address))
      const headers = { host, origin: `${scheme}://${host}` }
      const found = await foreignClient(`${network}://${listener.address}`, { headers, ca: own.ca })
      expect([what, found]).toEqual([what, expected])
      await turnsUntil(() => accepted.length + errors.length === 1)
      await closeAll(accepted)
      await listener.close()
    }
  })

  it('refuses clients of another protocol or path', async () => {
    const { listener, accepted, errors } = await listening(ws(), 'ws', 'ws://127.0.0.1:0/astranet')
    expect(await foreignClient(`ws://${listener.address}`, {}, ['chat'])).toBe('400')
    expect(await foreignClient(`ws://${listener.address}`, {}, [])).toBe('400')
    expect(await foreignClient(`ws://${listener.address}`.replace('/astranet', '/other'), {})).toBe('404')
    expect(errors.map(({ code }) => code)).toEqual(Array(3).fill('ASTRA_ERR_WS_HANDSHAKE'))
    expect(accepted).toEqual([])
    await listener.close()
  })

  it('says that a server is not AstraNet', async () => {
    await withHttpServer(async (_, url) => {
      await expect(ws().dial('ws', url)).rejects.toMatchObject({ code: 'ASTRA_ERR_WS_HANDSHAKE' })
    })
    await withHttpServer(async (server, url) => {
      const other = new WebSocketServer({ server, handleProtocols: () => false })
      await expect(ws().dial('ws', url)).rejects.toMatchObject({
        code: 'ASTRA_ERR_WS_HANDSHAKE',
        message: expect.stringMatching(/subprotocol/i),
      })
      for (const client of other.clients) client.terminate()
      other.close()
    })
  })

  it.each([
    ['resets the connection', (socket: Socket) => socket.resetAndDestroy(), 'ECONNRESET'],
    ['sends what is no HTTP', (socket: Socket) => socket.end('220 ready'), 'HPE_INVALID_CONSTANT'],
  ])('says of a server that %s that it does not speak WebSocket', async (_, answer, code) => {
    const server = createServer((socket) => socket.on('error', () => {}).once('data', () => answer(socket)))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = `127.0.0.1:${(server.address() as AddressInfo).port}`
    await expect(ws().dial('ws', address)).rejects.toMatchObject({
      code: 'ASTRA_ERR_WS_HANDSHAKE',
      message: expect.stringContaining(`ws://${address}/ does not speak WebSocket`),
      cause: { code },
    })
    await new Promise((resolve) => server.close(resolve))
  })

  it('can be mounted on an HTTP server at a path, beside others', async () => {
    await withHttpServer(async (server, url) => {
      const transport = ws({ server })
      const { listener, accepted } = await listening(transport, 'ws', '/astranet')
      expect(listener.address).toBe(`${url.slice('ws://'.length)}/astranet`)
      const connection = await ws().dial('ws', listener.address)
      await turnsUntil(() => accepted.length === 1)
      expect(await (await fetch(url.replace('ws:', 'http:'))).text()).toBe('a page')
      expect(await foreignClient(`${url}/other`, {})).toBe('404')
      await expect(listening(transport, 'ws', '/astranet')).rejects.toMatchObject({ code: 'EADDRINUSE' })
      await expect(listening(transport, 'ws', '127.0.0.1:0')).rejects.toThrow(/must be a path/)

      const other = new WebSocketServer({ noServer: true })
      server.on('upgrade', (request, socket, head) => {
        if (request.url === '/other') other.handleUpgrade(request, socket, head, (end) => end.close())
      })
      expect(await foreignClient(`${url}/other`, {}, [])).toBe('open')

      await closeAll([connection, ...accepted])
      await listener.close()
      await listener.close()
      expect(server.listenerCount('upgrade')).toBe(1)
    })
  })

  it('shares the paths of a server with other transports on it', async () => {
    await withHttpServer(async (server, url) => {
      const one = await listening(ws({ server }), 'ws', '/astranet')
      await expect(listening(ws({ server }), 'ws', '/astranet')).rejects.toMatchObject({ code: 'EADDRINUSE' })
      const two = await listening(ws({ server }), 'ws', '/other')
      for (const { listener, accepted } of [one, two]) {
        const connection = await ws().dial('ws', listener.address)
        await turnsUntil(() => accepted.length === 1)
        await closeAll([connection, ...accepted])
      }
      expect(await foreignClient(`${url}/nobody`, {})).toBe('404')
      await one.listener.close()
      const again = await listening(ws({ server }), 'ws', '/astranet')
      await Promise.all([again, two].map(({ listener }) => listener.close()))
      expect(server.listenerCount('upgrade')).toBe(0)
    })
  })

  it('listens for wss only on a server with TLS', async () => {
    await withHttpServer(async (server) => {
      await expect(listening(ws({ server }), 'wss', '/astranet')).rejects.toMatchObject({
        name: 'TypeError',
        message: expect.stringMatching(/'options.server' must .* listen on ws$/),
      })
      expect(server.listenerCount('upgrade')).toBe(0)
    })
  })

  it('ends a connection on which text comes, and tells the peer why', async () => {
    const { listener, accepted } = await listening(ws())
    const socket = new WebSocket(`ws://${listener.address}`, [PROTOCOL])
    const closed = new Promise<number>((resolve) => socket.once('close', resolve))
    socket.once('open', () => socket.send('hello'))
    await turnsUntil(() => accepted.length === 1)
    const [end] = accepted.map((each) => Probe.on(each))
    expect(await end?.closed()).toMatchObject({ code: 'ASTRA_ERR_WS_TEXT' })
    expect(await closed).toBe(1003)
    await listener.close()
  })

  it('ends a connection on which too long a message comes', async () => {
    const { listener, accepted } = await listening(ws())
    const socket = new WebSocket(`ws://${listener.address}`, [PROTOCOL])
    const closed = new Promise<number>((resolve) => socket.once('close', resolve))
    socket.once('open', () => socket.send(new Uint8Array(65_537)))
    await turnsUntil(() => accepted.length === 1)
    const [end] = accepted.map((each) => Probe.on(each))
    expect(await end?.closed()).toMatchObject({ code: 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH' })
    expect(end?.receivedBytes).toBe(0)
    expect(await closed).toBe(1009)
    await listener.close()
  })

  it('sends nothing longer than what the other side takes, whatever is written at once', async () => {
    const { listener, accepted } = await listening(ws())
    const connection = await ws().dial('ws', listener.address)
    await turnsUntil(() => accepted.length === 1)
    const [end] = accepted.map((each) => Probe.on(each))
    Probe.on(connection).write(new Uint8Array(1_000_000))
    await end?.received(1_000_000)
    await closeAll([connection, ...accepted])
    await listener.close()
  })

  it('names what is wrong with its options', async () => {
    expect(() => ws({ protocol: 'a b' })).toThrow(/protocol/)
    expect(() => ws({ maxMessageBytes: 1 })).toThrow(/maxMessageBytes/)
    expect(() => ws({ handshakeTimeoutMs: 0 })).toThrow(/handshakeTimeoutMs/)
    expect(() => ws({ maxPendingHandshakes: 0 })).toThrow(/maxPendingHandshakes/)
    expect(() => ws({ origin: '*' } as never)).toThrow(
      `'options.origin' is not an option, did you mean "origins"?`,
    )
    expect(() => browserWs({ tls: {} } as never)).toThrow(/'options.tls' is not an option/)
    expect(() => ws({ tls: true } as never)).toThrow(/"options.tls".*of type object/)
    await expect(listening(ws(), 'wss')).rejects.toThrow(/key and cert/)
    await expect(ws().listen('ws', '127.0.0.1:0', {} as never)).rejects.toThrow(/onConnection/)
  })
})

describe('the option origins', () => {
  it.each([
    [
      'https://app.example.com',
      `'options.origins' must be '*' or a list of origins: ['https://example.org']`,
    ],
    [
      /^https:/,
      `"options.origins" property must be '*' or an instance of Array. Received an instance of RegExp`,
    ],
    [['https://x', 5], `"options.origins[1]" property must be of type string`],
    [['https://x/'], `'options.origins[0]' must be an origin: write "https://x". Received 'https://x/'`],
    [['https://x:443/path?query'], `must be an origin: write "https://x"`],
    [['HTTP://App.Example:80'], `must be an origin: write "http://app.example"`],
    [['app.example'], `must be an origin such as "https://example.org"`],
    [['localhost:3000'], `must be an origin such as "https://example.org"`],
    [['https://*.example.org'], `there are no patterns, so list each one`],
    [['https://x', '*'], `'options.origins[1]' must be an origin, because "*" stands alone`],
  ])('is refused as %j, and the error says what to write', (origins, message) => {
    expect(() => ws({ origins } as never)).toThrow(
      expect.objectContaining({ name: 'TypeError', message: expect.stringContaining(message) }),
    )
  })

  it('takes each origin as browsers write it', () => {
    const origins = [
      'https://x',
      'http://[::1]:3000',
      'http://xn--mller-kva.example',
      'chrome-extension://abc',
      'null',
    ]
    expect(() => ws({ origins })).not.toThrow()
    expect(() => ws({ origins: [] })).not.toThrow()
  })
})

describe("a browser's ws", () => {
  const transport = browserWs({ webSocket: WebSocket as unknown as StandardWebSocketConstructor })

  it('cannot listen', async () => {
    await expect(listening(transport)).rejects.toMatchObject({ code: 'EOPNOTSUPP' })
  })

  it('gives up dialing as any other', async () => {
    const { listener } = await listening(ws())
    await listener.close()
    await expect(transport.dial('ws', listener.address)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    const reason = new Error('not today')
    await expect(transport.dial('ws', 'x:1', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    await expect(transport.dial('ws', 'x:0')).rejects.toThrow(RangeError)
    await expect(transport.dial('tcp', 'x:1')).rejects.toThrow(/tcp/)
  })

  it("uses nothing of Node's, and no package but the contracts", () => {
    const folder = fileURLToPath(new URL('../src/', import.meta.url))
    const seen = new Set(['browser.ts'])
    const outside = new Set<string>()
    for (const file of seen) {
      for (const [, from = ''] of readFileSync(folder + file, 'utf8').matchAll(/from '([^']+)'/g)) {
        if (from.startsWith('./')) seen.add(from.slice(2).replace(/js$/, 'ts'))
        else outside.add(from)
      }
    }
    const contracts = '@astranet/interface'
    expect([...outside].sort()).toEqual([
      contracts,
      `${contracts}/check`,
      `${contracts}/collections`,
      `${contracts}/transport-tools`,
    ])
    expect(seen.size).toBeLessThan(readdirSync(folder).length)
  })
})

describe('who can reach a listener', () => {
  const anywhere = { isLocal: false, isAuthenticated: false }

  it.each<[string, string, WsOptions, string, object]>([
    ['on all interfaces', 'ws', {}, ':0', anywhere],
    ['on loopback', 'ws', {}, '127.0.0.1:0', { ...anywhere, isLocal: true }],
    ['on wss', 'wss', { tls: serverTls }, ':0', anywhere],
    [
      'on wss with certificates of clients',
      'wss',
      { tls: { ...serverTls, requestCert: true } },
      ':0',
      { ...anywhere, isAuthenticated: true },
    ],
  ])('is known of one %s', async (_, network, options, address, facts) => {
    const { listener } = await listening(ws(options), network, address)
    expect(listener).toMatchObject(facts)
    await listener.close()
  })

  it('is known of one on a server that is there, which must listen before', async () => {
    const server = createTlsServer({ ...serverTls, requestCert: true })
    const early = listening(ws({ server }), 'wss', '/astranet')
    await expect(early).rejects.toMatchObject({ code: 'ERR_SERVER_NOT_RUNNING' })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { listener, accepted } = await listening(ws({ server }), 'wss', '/astranet')
    expect(listener).toMatchObject({ isLocal: true, isAuthenticated: true })
    const connection = await ws({ tls: serverTls }).dial('wss', listener.address)
    await turnsUntil(() => accepted.length === 1)
    await closeAll([connection, ...accepted])
    await listener.close()
    server.close()
  })
})
