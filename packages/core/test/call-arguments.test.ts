import nodeNet from 'node:net'
import { afterAll, expect, test } from 'vitest'
import { AstraNet } from '../src/index.js'
import { thrownBy, type AnyNet } from './net-module-support.js'

const node = new AstraNet()
afterAll(() => node.close())

const wrong = (value: unknown): never => value as never

/** What a call rejects with, as `thrownBy` says what it throws. */
async function rejectionOf(call: () => Promise<unknown>): Promise<string> {
  const reason: unknown = await call().then(
    () => undefined,
    (error: unknown) => error,
  )
  return thrownBy(() => {
    if (reason !== undefined) throw reason as Error
  })
}

/** The option `name` of `listen` or `connect` of the real net. */
const listen = (options: object) => () =>
  nodeNet
    .createServer()
    .listen(wrong({ port: 0, ...options }))
    .close()
const connect = (options: object) => () =>
  new nodeNet.Socket().connect(wrong({ port: 1, host: '127.0.0.1', ...options }))

/** The same value of the same option, in a call of a node and in one of the real net. */
const sameOption: Record<string, [() => Promise<unknown>, () => unknown]> = {}
for (const value of [1, 'x', {}, null, true, []]) {
  const kind = JSON.stringify(value)
  sameOption[`bind signal ${kind}`] = [
    () => node.bind('', ':0', { signal: wrong(value) }),
    listen({ signal: value }),
  ]
  sameOption[`dial signal ${kind}`] = [
    () => node.dial('', ':1', { signal: wrong(value) }),
    listen({ signal: value }),
  ]
  sameOption[`join signal ${kind}`] = [
    () => node.join('tcp4', 'x:1', { signal: wrong(value) }),
    listen({ signal: value }),
  ]
}
for (const value of [-1, 1.5, NaN, 'x']) {
  const kind = typeof value === 'number' ? value : JSON.stringify(value)
  for (const name of ['highWaterMark', 'readableHighWaterMark', 'writableHighWaterMark'])
    sameOption[`dial ${name} ${kind}`] = [
      () => node.dial('', ':1', { [name]: value }),
      () => new nodeNet.Socket(wrong({ [name]: value })),
    ]
}

test.each(Object.entries(sameOption))(
  '%s: class, code and message are those of net',
  async (_, [own, real]) => {
    const expected = thrownBy(real)
    expect((await rejectionOf(own)).replaceAll(/(readable|writable)?h(ighWaterMark)/gi, 'H$2')).toBe(
      expected.replaceAll(/(readable|writable)?h(ighWaterMark)/gi, 'H$2'),
    )
  },
)

/** The calls of a node whose callback or function is wrong have the error of the option `lookup`. */
test.each([5, 'x', {}])('a function that is %j is refused as net refuses its own', async (value) => {
  const real = thrownBy(connect({ host: 'x', lookup: value }))
  const calls: Record<string, () => Promise<unknown>> = {
    selector: () => node.dial('', ':1', { selector: wrong(value) }),
    allow: () => node.bind('', ':0', { allow: wrong(value) }),
    onError: () => node.listenAndServe('tcp4', '127.0.0.1:0', { onError: wrong(value) }),
  }
  for (const [name, call] of Object.entries(calls))
    expect(await rejectionOf(call)).toBe(real.replace('options.lookup', `options.${name}`))
})

/** Calls with a wrong argument: class, code and name, in Node's form. */
const TYPE = 'TypeError ERR_INVALID_ARG_TYPE The "'
const VALUE = 'TypeError ERR_INVALID_ARG_VALUE The '
const ADDRESS = `${TYPE}address" argument must be of type string. Received type number (5)`
const RANGE = 'RangeError ERR_OUT_OF_RANGE The value of "'
const calls: Record<string, [() => Promise<unknown>, string | RegExp]> = {
  'dial()': [
    () => node.dial(wrong(undefined)),
    `${TYPE}address" argument must be of type string. Received undefined`,
  ],
  'dial(5)': [() => node.dial(wrong(5)), ADDRESS],
  'dial options': [
    () => node.dial('', 'web', wrong(5)),
    `${TYPE}options" argument must be of type object. Received type number (5)`,
  ],
  'dial port': [
    () => node.dial('', ':4294967296'),
    'RangeError ERR_SOCKET_BAD_PORT Port should be >= 0 and < 4294967296. ',
  ],
  'dial name': [() => node.dial('', 'a b'), `${VALUE}argument 'address' must not contain `],
  'dial network': [
    () => node.dial('udp', 'web'),
    `${VALUE}argument 'network' must be one of: '', 'astra', 'tcp'`,
  ],
  'bind network': [
    () => node.bind('udp', 'web'),
    `${VALUE}argument 'network' must be one of: '', 'astra', 'tcp', 'tcp4', 'tcp6'. Received 'udp'`,
  ],
  'dial selector': [
    async () => {
      const listener = await node.bind('picked')
      const dialed = node.dial('picked', { selector: () => wrong({}) })
      return await dialed.finally(() => listener.close())
    },
    'TypeError ERR_INVALID_RETURN_VALUE Expected one of the instances',
  ],
  'listenAndServe network': [
    () => node.listenAndServe('udp', ':0'),
    `${VALUE}argument 'network' is not known; this node has "tcp"`,
  ],
  'dial path': [
    () => node.dial('', 'web', { path: wrong('sea') }),
    `${VALUE}property 'options.path' must be one of: `,
  ],
  'dialTimeout "5"': [
    () => node.dialTimeout('', 'web', wrong('5')),
    `${TYPE}options.timeoutMs" property must be of type number. Received type string ('5')`,
  ],
  'dialTimeout -1': [
    () => node.dialTimeout('', 'web', -1),
    `${RANGE}options.timeoutMs" is out of range. It must be >= 0 && <= 2147483647. Received -1`,
  ],
  'dialTimeout 2^31': [() => node.dialTimeout('', 'web', 2 ** 31), `${RANGE}options.timeoutMs"`],
  'dialTimeout 2^40': [() => node.dialTimeout('', 'web', 2 ** 40), /Received 1_099_511_627_776$/],
  'bind(5)': [() => node.bind(wrong(5)), ADDRESS],
  'bind backlog': [() => node.bind('', ':0', { backlog: 0 }), `${RANGE}options.backlog"`],
  'bind weight': [
    () => node.bind('', 'web', { weight: 1.5 }),
    `${RANGE}options.weight" is out of range. It must be an integer. Received 1.5`,
  ],
  'bind tags': [
    () => node.bind('', 'web', { tags: wrong('a') }),
    `${TYPE}options.tags" property must be an instance of Array`,
  ],
  'bind health': [
    () => node.bind('', 'web', { health: wrong('ill') }),
    `${VALUE}property 'options.health' must be one of: `,
  ],
  'join address': [() => node.join('tcp4', 'nowhere'), `${VALUE}argument 'address' must be "host:port"`],
  'join port': [
    () => node.join('tcp4', 'x:65536'),
    'RangeError ERR_SOCKET_BAD_PORT Port should be >= 0 and < 65536. ',
  ],
  'join network': [() => node.join('tpc', 'x:1'), `${VALUE}argument 'network' is not known`],
  'join keepTrying': [
    () => node.join('tcp4', 'x:1', { keepTrying: wrong(1) }),
    `${TYPE}options.keepTrying" property must be of type boolean`,
  ],
  'listenAndServe(5)': [() => node.listenAndServe('tcp4', wrong(5)), ADDRESS],
  'listenAndServe port': [() => node.listenAndServe('tcp4', ':65536'), /^RangeError ERR_SOCKET_BAD_PORT /],
  'attach(null)': [() => node.attach(wrong(null)), `${TYPE}pipe" argument must be `],
  'attach readable': [
    () => node.attach(wrong({ readable: 1, writable: 1 })),
    `${TYPE}pair.readable" property must be an instance of ReadableStream`,
  ],
  'forward local': [() => node.forward('5432', 'db'), `${VALUE}argument 'local' must be a port`],
  'forward local port': [
    () => node.forward('localhost:65536', 'db'),
    /^RangeError ERR_SOCKET_BAD_PORT local\.port should be >= 0 and < 65536\. /,
  ],
  'forward address': [() => node.forward('127.0.0.1:0', wrong(5)), ADDRESS],
  'forward maxConnections': [
    () => node.forward('127.0.0.1:0', 'db', { maxConnections: 0 }),
    `${RANGE}options.maxConnections"`,
  ],
  'forward dial': [
    () => node.forward('127.0.0.1:0', 'db', { dial: { timeoutMs: -1 } }),
    `${RANGE}options.dial.timeoutMs"`,
  ],
  'publish target': [() => node.publish('web', 'host'), `${VALUE}argument 'target' must be a port`],
  'publish bind': [
    () => node.publish('web', '127.0.0.1:1', { bind: { backlog: 0 } }),
    `${RANGE}options.bind.backlog"`,
  ],
  'withEnv(5)': [
    async () => node.withEnv(wrong(5)),
    `${TYPE}environment" argument must be of type string. Received type number (5)`,
  ],
  'withEnv("")': [async () => node.withEnv(''), `${VALUE}argument 'environment' must not be empty`],
  'withLoopBack(1)': [
    async () => node.withLoopBack(wrong(1)),
    `${TYPE}isEnabled" argument must be of type boolean`,
  ],
  'ping(1)': [() => node.ping(wrong(1)), `${TYPE}nodeId" argument must be of type bigint`],
  'waitFor count': [() => node.waitFor('web', { count: 0 }), `${RANGE}options.count"`],
  'resolve port': [
    () => node.resolve('web', { port: -1 }),
    /^RangeError ERR_SOCKET_BAD_PORT options\.port should be /,
  ],
  'close drainMs': [
    () => node.close({ drainMs: NaN }),
    `${RANGE}options.drainMs" is out of range. It must be >= 0 && <= 2147483647. Received NaN`,
  ],
  'httpDial(5)': [() => node.httpDial('', wrong(5)), `${TYPE}host" argument must be of type string`],
  'new AstraNet(null)': [
    async () => new AstraNet(wrong(null)),
    `${TYPE}options" argument must be of type object. Received null`,
  ],
  'new AstraNet({ role })': [
    async () => new AstraNet({ role: wrong('king') }),
    `${VALUE}property 'options.role' must be one of: `,
  ],
  'router() of what it is asked for': [
    async () => new AstraNet({ catalogue: 'wanted' }).router(),
    `${VALUE}property 'options.catalogue' must be 'all' for a router`,
  ],
  'new AstraNet({ secret }) with a line break': [
    async () => new AstraNet({ secret: 'sixteen characters\n' }),
    `${VALUE}property 'options.secret' must not begin or end with white space`,
  ],
  'new AstraNet({ secret }) that is short': [
    async () => new AstraNet({ secret: 'short' }),
    `${RANGE}options.secret" is out of range. It must be at least 16 characters`,
  ],
  'new AstraNet({ doorway })': [
    async () => new AstraNet({ doorway: { maxPerHost: 0 } }),
    `${RANGE}options.doorway.maxPerHost"`,
  ],
  'new AstraNet({ tunnels })': [
    async () => new AstraNet({ tunnels: { maxTunnels: 0 } }),
    `${RANGE}options.tunnels.maxTunnels"`,
  ],
}

test.each(Object.entries(calls))('%s is refused in the way of Node', async (_, [call, expected]) => {
  const actual = await rejectionOf(call)
  if (typeof expected === 'string') expect(actual.slice(0, expected.length)).toBe(expected)
  else expect(actual).toMatch(expected)
  expect(node.isClosed).toBe(false)
})

test('a socket of a node takes and refuses what a socket of net does', async () => {
  const listener = await node.bind('', ':0')
  const own = await node.dial('', `:${(listener.address() as { port: number }).port}`)
  const real = new nodeNet.Socket()
  type AnySocket = InstanceType<AnyNet['Socket']>
  const methods: Record<string, (socket: AnySocket) => unknown> = {}
  for (const value of ['x', -1, NaN, Infinity, null, undefined, {}, true, 1n]) {
    methods[`setTimeout(${String(value)})`] = (socket) => socket.setTimeout(value as never)
    methods[`setTimeout(1, ${String(value)})`] = (socket) => {
      if (value !== undefined) socket.setTimeout(1, value as never)
    }
    methods[`setEncoding(${String(value)})`] = (socket) => socket.setDefaultEncoding(value as never)
  }
  for (const value of [null, undefined, 5, true, {}, [], 1n, () => 1])
    methods[`write(${String(value)})`] = (socket) => socket.write(value as never)
  for (const [name, call] of Object.entries(methods)) {
    const expected = thrownBy(() => call(real as never))
    expect(`${name}: ${thrownBy(() => call(own as never))}`).toBe(`${name}: ${expected}`)
  }
  own.destroy()
  real.destroy()
  listener.close()
})
