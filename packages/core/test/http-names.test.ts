import http from 'node:http'
import { toNodeId } from '@astranet/interface'
import { describe, expect, it, test } from 'vitest'
import { AstraNet, formatNodeId, roundRobin, type Listener, type Socket } from '../src/index.js'
import { nodeAddress, nodeOfAddress } from '../src/api/node-address.js'
import { hostInUrl } from '../src/dial/url-names.js'
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
