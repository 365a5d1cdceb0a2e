import http from 'node:http'
import { domainToASCII, domainToUnicode } from 'node:url'
import { property, assert, string } from 'fast-check'
import { toNodeId } from '@astranet/interface'
import { describe, expect, it, test } from 'vitest'
import { AstraNet, formatNodeId, roundRobin, type Listener, type Socket } from '../src/index.js'
import { nodeAddress, nodeOfAddress } from '../src/api/node-address.js'
import { decodePunycode } from '../src/dial/punycode.js'
import { hostInUrl, namesInUrl } from '../src/dial/url-names.js'
import { Net } from './discovery-support.js'
import { boundTo, failure, textOf, twoNodes, until } from './support.js'

/** Sends its name on each connection. */
function sendName(listener: Listener, name: string): void {
  listener.on('connection', (socket) => socket.end(name))
}

async function firstText(socket: Socket): Promise<string> {
  socket.end()
  return await textOf(socket)
}

const names = [
  'web',
  'MyService',
  'b\u00fcro',
  'B\u00dcRO2',
  '\u65e5\u672c',
  '123',
  '0x7f',
  'a.B',
  'under_Score',
  'esc%41ped',
]

describe('httpDial finds a name as URLs write it', () => {
  it.each(names)('%s', async (name) => {
    await using node = new AstraNet()
    sendName(await node.bind('', name), name)
    for (const url of [`http://${name}/`, `https://${name}/`, `http://${name}:80/`, `http://${name}./`]) {
      const { hostname, host, protocol } = new URL(url)
      const port = protocol === 'https:' ? 443 : 80
      for (const text of [host, hostname, `${hostname}:${port}`, name, `${name}:${port}`])
        expect(await firstText(await node.httpDial('', text, { timeoutMs: 0 }))).toBe(name)
    }
    expect(await failure(node.dial('', `${name}X`, { timeoutMs: 0 }))).toMatchObject({ code: 'ENOTFOUND' })
  })

  it('only where a URL does: dial wants the name itself', async () => {
    await using node = new AstraNet()
    await node.bind('', 'MyService')
    expect(await failure(node.dial('', 'myservice', { timeoutMs: 0 }))).toMatchObject({ code: 'ENOTFOUND' })
  })

  it('at its port, when it is not one that HTTP adds', async () => {
    await using node = new AstraNet()
    sendName(await node.bind('', 'API:8080'), 'at 8080')
    expect(await firstText(await node.httpDial('', 'api:8080'))).toBe('at 8080')
    expect(await firstText(await node.httpDial('', 'api:443'))).toBe('at 8080')
    const wrongPort = failure(node.httpDial('', 'api:8081', { timeoutMs: 0 }))
    expect(await wrongPort).toMatchObject({ code: 'ENOTFOUND' })
  })

  it('in its environment', async () => {
    await using node = new AstraNet()
    sendName(await node.withEnv('Blue').bind('', 'Web'), 'blue')
    expect(await failure(node.httpDial('', 'web', { timeoutMs: 0 }))).toMatchObject({ code: 'ENOTFOUND' })
    expect(await firstText(await node.withEnv('Blue').httpDial('', 'web'))).toBe('blue')
  })

  it('at another node, once it is bound there, and no more when it is gone', async () => {
    await using nodes = await twoNodes()
    const { server, client } = nodes
    const dialing = client.httpDial('', 'myservice:80')
    await server.bind('', 'other')
    await until(() => client.services().length === 1)
    const listener = await server.bind('', 'MyService')
    sendName(listener, 'late')
    expect(await firstText(await dialing)).toBe('late')
    listener.close()
    await until(() => client.services().length === 1)
    expect(await failure(client.httpDial('', 'myservice', { timeoutMs: 0 }))).toMatchObject({
      code: 'ENOTFOUND',
    })
    sendName(await client.bind('', 'MYSERVICE'), 'again')
    expect(await firstText(await client.httpDial('', 'myservice', { timeoutMs: 0 }))).toBe('again')
  })

  it('on a leaf, which asks for what the host stands for, if no letter was in upper case', async () => {
    await using net = new Net()
    const router = await net.node({ role: 'router' })
    const known = ['web', 'b\u00fcro', '\u65e5\u672c.\u65e5', '123']
    // A node each: a leaf gets all that a node offers whose service it asks for.
    for (const name of known) {
      const server = await net.node({}, router)
      await server.bind('', name)
      await router.waitFor(name)
    }
    const leaf = await net.node({ role: 'leaf' }, router)
    const over = new AbortController()
    const dials = known.map((name) => failure(leaf.httpDial('', new URL(`http://${name}/`).host, over)))
    // What it has found it shows.
    await until(() => known.every((name) => leaf.services().some((found) => found.name === name)))
    over.abort()
    await Promise.all(dials)
  })

  it('of several instances as of one', async () => {
    await using nodes = await twoNodes()
    const { server, client } = nodes
    sendName(await server.bind('', 'Web'), 'server')
    sendName(await client.bind('', 'Web'), 'client')
    await until(() => client.services().length === 2)
    const selector = roundRobin()
    const found = await Promise.all(
      [1, 2].map(async () => firstText(await client.httpDial('', 'web', { selector }))),
    )
    expect(found.sort()).toEqual(['client', 'server'])
  })
})

test('the name itself comes before names that a URL writes so, and of several of these none is meant', async () => {
  await using node = new AstraNet()
  const [one, two] = [await node.bind('', 'Web'), await node.bind('', 'WEB')]
  for (const listener of [one, two]) sendName(listener, boundTo(listener).service ?? '')
  expect(await firstText(await node.httpDial('', 'WEB'))).toBe('WEB')
  const ambiguous = await failure(node.httpDial('', 'web:80'))
  expect(ambiguous).toMatchObject({
    code: 'ENOTFOUND',
    syscall: 'dial',
    message: expect.stringMatching(/names of 2 services as "web" \("Web", "WEB"\): none is dialed$/),
  })
  const exact = await node.bind('', 'web')
  sendName(exact, 'web')
  expect(await firstText(await node.httpDial('', 'web'))).toBe('web')
  exact.close()
  one.close()
  expect(await firstText(await node.httpDial('', 'web'))).toBe('WEB')
})

test('the host of a URL shows the names that it may stand for', () => {
  const found = names.map((name) => namesInUrl(hostInUrl(name) ?? ''))
  expect(found).toEqual([
    ['web'],
    ['myservice'],
    ['xn--bro-hoa', 'b\u00fcro'],
    ['xn--bro2-0ra', 'b\u00fcro2'],
    ['xn--wgv71a', '\u65e5\u672c'],
    ['0.0.0.123', '123'],
    ['0.0.0.127', '127'],
    ['a.b'],
    ['under_score'],
    ['escaped'],
  ])
  // What a URL would write in another way, or cannot write at all.
  for (const host of ['xn--', 'xn--a', 'xn--bro-hoA', 'xn--99999999', '256.0.0.1', '0.0.0.0123', '::1', ''])
    expect(namesInUrl(host)).toEqual([host])
})

test('Punycode is decoded as RFC 3492 shows', () => {
  const samples: [string, string][] = [
    ['ihqwcrb4cv8a8dqg056pqjye', '\u4ed6\u4eec\u4e3a\u4ec0\u4e48\u4e0d\u8bf4\u4e2d\u6587'],
    ['porqunopuedensimplementehablarenespaol-fmd56a', 'porqu\u00e9nopuedensimplementehablarenespa\u00f1ol'],
    [
      '4dbcagdahymbxekheh6e0a7fei0b',
      '\u05dc\u05de\u05d4\u05d4\u05dd\u05e4\u05e9\u05d5\u05d8\u05dc\u05d0\u05de\u05d3\u05d1\u05e8\u05d9\u05dd\u05e2\u05d1\u05e8\u05d9\u05ea',
    ],
    ['3b-ww4c5e180e575a65lsy2b', '3\u5e74b\u7d44\u91d1\u516b\u5148\u751f'],
    ['a-', 'a'],
    ['', ''],
  ]
  for (const [text, decoded] of samples) expect(decodePunycode(text)).toBe(decoded)
  for (const text of ['9', '99999999', 'a-z', '\u00fc']) {
    expect([text, decodePunycode(text)]).toEqual([text, undefined])
  }
})

test('Punycode of any text is decoded as Node decodes it', () => {
  let decoded = 0
  const isAsNode = property(string({ unit: 'binary', maxLength: 24 }), (text) => {
    const ascii = domainToASCII(text)
    if (!/^xn--[^.]+$/.test(ascii)) return
    decoded += 1
    expect(decodePunycode(ascii.slice('xn--'.length))).toBe(domainToUnicode(ascii))
  })
  assert(isAsNode, { numRuns: 3_000 })
  expect(decoded).toBeGreaterThan(10)
})

test('what a URL cannot have as its host is no host', () => {
  for (const name of ['a?b', 'a#b', 'a\\b', 'a|b', 'a b', '1.2.3.4.5', '', '.', 'xn--\u00fc'])
    expect([name, hostInUrl(name)]).toEqual([name, name === '.' ? '' : undefined])
})

describe("a node's address in a URL", () => {
  const ids = [1n, 0x1_0000n, 0xffff_0000_0000_0000n, 0x0001_0000_0000_0002n, 2n ** 64n - 1n, 0n].map(
    toNodeId,
  )

  it.each(ids)('is the node %s, however it is spelled', (id) => {
    const address = nodeAddress(id)
    const { hostname } = new URL(`http://[${address}]/`)
    for (const text of [address, address.toUpperCase(), `[${address}]`, hostname, hostname.slice(1, -1)])
      expect(nodeOfAddress(text)).toBe(id)
  })

  it('is none when it is another address', () => {
    const others = [
      '::1',
      'fd61:7374:7261:1::1',
      'fd61::1',
      '127.0.0.1',
      'web',
      '',
      '[]',
      'fd61:7374:7261:0:1:2:3',
      'a]:[b',
    ]
    for (const text of others) expect([text, nodeOfAddress(text)]).toEqual([text, undefined])
  })

  it('can be dialed with its port, also by http.get', async () => {
    await using nodes = await twoNodes()
    const { server, client } = nodes
    const web = http.createServer((request, response) => response.end(request.url))
    for (const port of [80, 8080])
      (await server.bind('', `:${port}`)).on('connection', (socket) => web.emit('connection', socket))
    const [far] = await Promise.all([client.dial('', `${formatNodeId(server.nodeId)}:80`)])
    const host = far.remoteAddress
    far.destroy()
    for (const url of [`http://[${host}]/`, `http://[${host}]:8080/`]) {
      const agent = new http.Agent()
      Object.assign(agent, {
        createConnection(
          options: { host: string; port: number },
          callback: (error: unknown, socket?: Socket) => void,
        ) {
          client
            .httpDial('', `${options.host}:${options.port}`)
            .then((socket) => callback(null, socket), callback)
        },
      })
      const answer = await new Promise<http.IncomingMessage>((resolve, reject) =>
        http.get(`${url}page`, { agent }, resolve).on('error', reject),
      )
      expect(await textOf(answer)).toBe('/page')
    }
    const noPort = await failure(client.httpDial('', `[${host}]`))
    expect(noPort.message).toMatch(/is a node id without a port/)
  })
})
