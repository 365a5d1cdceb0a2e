import { createServer, type ServerOptions } from 'node:http'
import nodeNet from 'node:net'
import { afterAll, describe, expect, it, test } from 'vitest'
import * as browserEntry from '../src/browser.js'
import { AstraNet } from '../src/index.js'
import { boundTo, failure } from './support.js'

const node = new AstraNet()
const page = new browserEntry.AstraNet()
afterAll(() => Promise.all([node.close(), page.close()]))

/** A call of a program without types, with an option that is none. */
const wrong = (value: object): never => value as never
const local = '127.0.0.1:0'

/** Calls with a misspelt option, by the end of the message. */
const misspelt: Record<string, () => unknown> = {
  'options.secrets\' is not an option, did you mean "secret"?': () => new AstraNet(wrong({ secrets: 'x' })),
  'options.transport\' is not an option, did you mean "transports"?': () =>
    AstraNet.create(wrong({ transport: [] })),
  'options.helloTimeout\' is not an option, did you mean "helloTimeoutMs"?': () =>
    AstraNet.new(wrong({ helloTimeout: 1 })),
  'options.identities\' is not an option, did you mean "identity"?': () =>
    new browserEntry.AstraNet(wrong({ identities: 'x' })),
  "options.colour' is not an option": () => new AstraNet(wrong({ colour: undefined })),
  'options.doorway.maxPerHosts\' is not an option, did you mean "maxPerHost"?': () =>
    new AstraNet({ doorway: wrong({ maxPerHosts: 1 }) }),
  'options.tunnels.maxTunnel\' is not an option, did you mean "maxTunnels"?': () =>
    new AstraNet({ tunnels: wrong({ maxTunnel: 1 }) }),
  "options.tunnels.idle' is not an option": () => new AstraNet({ tunnels: wrong({ idle: 1 }) }),
  'options.sessionLimits.maxConcurrentStream\' is not an option, did you mean "maxConcurrentStreams"?': () =>
    new AstraNet({ sessionLimits: wrong({ maxConcurrentStream: 9 }) }),
  'options.portMapping.gatway\' is not an option, did you mean "gateway"?': () =>
    new AstraNet({ portMapping: wrong({ gatway: '10.0.0.1' }) }),

  'options.timeout\' is not an option, did you mean "timeoutMs"?': () =>
    node.dial('x', wrong({ timeout: 1 })),
  'options.selectors\' is not an option, did you mean "selector"?': () =>
    node.httpDial('x', wrong({ selectors: 1 })),
  'options.keys\' is not an option, did you mean "key"?': () => page.dial('x', wrong({ keys: 'x' })),
  'options.tag\' is not an option, did you mean "tags"?': () => node.bind('x', wrong({ tag: ['a'] })),
  'options.backlogs\' is not an option, did you mean "backlog"?': () =>
    page.bind('x', wrong({ backlogs: 1 })),
  'options.health.interval\' is not an option, did you mean "intervalMs"?': () =>
    node.bind('x', { health: wrong({ check: () => true, interval: 1 }) }),
  'options.weigth\' is not an option, did you mean "weight"?': () =>
    node.serve('x', () => undefined, wrong({ weigth: 1 })),
  'options.onErrors\' is not an option, did you mean "onError"?': () =>
    node.listenAndServe('tcp4', local, wrong({ onErrors: () => undefined })),
  'options.keeptrying\' is not an option, did you mean "keepTrying"?': () =>
    node.join('tcp4', '127.0.0.1:1', wrong({ keeptrying: true })),
  'options.signals\' is not an option, did you mean "signal"?': () =>
    node.join('127.0.0.1:1', wrong({ signals: 1 })),
  "options.secure' is not an option": () => node.attach({} as never, wrong({ secure: 1 })),
  'options.drainS\' is not an option, did you mean "drainMs"?': () =>
    node.leave(node.nodeId, wrong({ drainS: 1 })),
  'options.deadline\' is not an option, did you mean "deadlineMs"?': () => node.drain(wrong({ deadline: 1 })),
  'options.drainMS\' is not an option, did you mean "drainMs"?': () => node.close(wrong({ drainMS: 1 })),
  'options.address\' is not an option, did you mean "addresses"?': () =>
    node.ticket(wrong({ address: ['tcp://x:1'] })),
  'options.grant.role\' is not an option, did you mean "roles"?': () =>
    node.ticket({ addresses: ['tcp://x:1'], grant: wrong({ role: ['a'] }) }),
  'options.endforbidden\' is not an option, did you mean "endForbidden"?': () =>
    node.setPolicy(undefined, wrong({ endforbidden: true })),
  'options.sginal\' is not an option, did you mean "signal"?': () =>
    node.explain({} as never, wrong({ sginal: 1 })),
  'filter.names\' is not an option, did you mean "name"?': () => node.services(wrong({ names: 'x' })),
  'options.nam\' is not an option, did you mean "name"?': () => node.serviceMap().watch(wrong({ nam: 'x' })),
  'options.signel\' is not an option, did you mean "signal"?': () =>
    node.routesMap().watch(wrong({ signel: 1 })),
  "options.count' is not an option": () => node.resolve('x', wrong({ count: 1 })),
  'options.counts\' is not an option, did you mean "count"?': () => node.waitFor('x', wrong({ counts: 1 })),
  'options.maxConnection\' is not an option, did you mean "maxConnections"?': () =>
    node.forward(local, 'x', wrong({ maxConnection: 1 })),
  'options.dial.timeout\' is not an option, did you mean "timeoutMs"?': () =>
    node.forward(local, 'x', { dial: wrong({ timeout: 1 }) }),
  'options.connectTimeout\' is not an option, did you mean "connectTimeoutMs"?': () =>
    node.publish('x', '127.0.0.1:1', wrong({ connectTimeout: 1 })),
  'options.bind.tag\' is not an option, did you mean "tags"?': () =>
    node.publish('x', '127.0.0.1:1', { bind: wrong({ tag: ['a'] }) }),
  'options.dial.paths\' is not an option, did you mean "path"?': () =>
    node.httpAgent({ dial: wrong({ paths: 'any' }) }),
  "options.dial.hedge' is not an option": () => node.dispatcher({ dial: wrong({ hedge: 1 }) }),
}

test.each(Object.entries(misspelt))('%s', async (message, call) => {
  const error = await failure(Promise.resolve().then(call))
  expect(error).toMatchObject({ name: 'TypeError', code: 'ERR_INVALID_ARG_VALUE' })
  expect(error.message).toBe(`The property '${message}`)
  expect(node.isClosed).toBe(false)
  expect(node.services()).toEqual([])
})

test('misspelt options of what a node has made are refused, too', async () => {
  await using own = new AstraNet()
  const listener = await own.bind('x')
  expect(() => listener.update(wrong({ weigth: 2 }))).toThrow(
    'The property \'facts.weigth\' is not an option, did you mean "weight"?',
  )
  const accepting = await failure(listener.accept(wrong({ signals: 1 })))
  expect(accepting.message).toContain('did you mean "signal"?')
  await using forward = await own.forward(local, 'x')
  const closing = await failure(forward.close(wrong({ drainS: 1 })))
  expect(closing.message).toContain('did you mean "drainMs"?')
  expect(forward.isOpen).toBe(true)
})

describe('what follows Node is as lenient as Node', () => {
  const extra = { colour: 'red', timeout: 5_000 }

  it('in net, as the real net is', async () => {
    for (const net of [nodeNet, node.net] as (typeof nodeNet)[]) {
      const server = net.createServer({ ...extra } as nodeNet.ServerOpts, (socket) => socket.end())
      await new Promise<void>((resolve) => server.listen({ port: 0, host: '127.0.0.1', ...extra }, resolve))
      const { port } = server.address() as nodeNet.AddressInfo
      const socket = net.connect({ port, host: '127.0.0.1', ...extra })
      await new Promise((resolve) => socket.once('close', resolve).resume())
      await new Promise((resolve) => server.close(resolve))
    }
  })

  it('in HTTP, as the real HTTP is', async () => {
    createServer(extra as ServerOptions)
    const server = node.httpServer(extra as ServerOptions, (_, response) => response.end('fine'))
    await new Promise<void>((resolve) => server.listen({ path: 'web', ...extra } as never, resolve))
    const agent = node.httpAgent(extra)
    const response = await node.fetch('http://web/', extra as never)
    expect(await response.text()).toBe('fine')
    agent.destroy()
    await node.dispatcher(extra as never).close()
    await new Promise((resolve) => server.close(resolve))
  })

  it('in connect', async () => {
    const listener = await node.bind('', ':0')
    const socket = node.connect(`:${boundTo(listener).port}`, extra as never)
    await new Promise((resolve) => socket.once('connect', resolve))
    socket.destroy()
    listener.close()
  })
})
