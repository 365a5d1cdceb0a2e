import { PassThrough } from 'node:stream'
import { tcp } from '@astranet/transport-tcp'
import { ws } from '@astranet/transport-ws'
import { expect, test } from 'vitest'
import { AstraNet, formatNodeId, generateIdentity, toNodeId } from '../src/index.js'
import { boundTo, failure } from './support.js'

const wrong = <T>(value: unknown): T => value as T

test.each<[string, () => unknown, RegExp]>([
  ['options', () => new AstraNet(wrong(null)), /^The "options" argument must be of type object/],
  [
    'transports',
    () => new AstraNet({ transports: wrong('tcp') }),
    /^The property 'options\.transports' must be a list of transports, such as \[tcp\(\)\]/,
  ],
  [
    'transports',
    () => new AstraNet({ transports: [wrong(() => {})] }),
    /^The property 'options\.transports' must be a list of transports, such as \[tcp\(\)\]/,
  ],
  [
    'identity',
    () => new AstraNet({ identity: wrong(1) }),
    /^The "options\.identity" property must be an Identity, or a string that says where one is kept/,
  ],
  [
    'identity',
    () => new AstraNet({ identity: wrong(null) }),
    /^The "options\.identity" property must be an Identity, or a string that says where one is kept/,
  ],
  [
    'identity',
    () => new AstraNet({ identity: wrong({ nodeId: 1n }) }),
    /^The "options\.identity" property must be an Identity, or a string that says where one is kept/,
  ],
  [
    'identity',
    () => new AstraNet({ identity: '' }),
    /^The "options\.identity" property must be an Identity, or a string that says where one is kept/,
  ],
  [
    'maxReceiveBufferBytes',
    () => new AstraNet({ maxReceiveBufferBytes: 1 }),
    /^The value of "options\.maxReceiveBufferBytes" is out of range\. It must be >= 65536 && <= 9007199254740991/,
  ],
  [
    'doorway',
    () => new AstraNet({ doorway: wrong(1) }),
    /^The "options\.doorway" property must be of type object/,
  ],
  [
    'doorway',
    () => new AstraNet({ doorway: wrong({ perHost: 1 }) }),
    /^The property 'options\.doorway\.perHost' is not an option/,
  ],
  [
    'doorway',
    () => new AstraNet({ doorway: { maxPerHost: 0 } }),
    /^The value of "options\.doorway\.maxPerHost" is out of range\. It must be >= 1 && <= 1048576/,
  ],
  [
    'helloTimeoutMs',
    () => new AstraNet({ helloTimeoutMs: 0 }),
    /^The value of "options\.helloTimeoutMs" is out of range\. It must be >= 1 && <= 2147483647/,
  ],
  [
    'helloTimeoutMs',
    () => new AstraNet({ helloTimeoutMs: 1.5 }),
    /^The value of "options\.helloTimeoutMs" is out of range\. It must be an integer/,
  ],
  [
    'memory',
    () => new AstraNet({ memory: wrong('slow') }),
    /^The property 'options\.memory' must be one of: 'fast', 'lean'/,
  ],
  [
    'memory',
    () => new AstraNet({ memory: wrong(null) }),
    /^The property 'options\.memory' must be one of: 'fast', 'lean'/,
  ],
  [
    'tcp memory',
    () => tcp({ memory: wrong('slow') }),
    /^The property 'options\.memory' must be one of: 'fast', 'lean'/,
  ],
  [
    'ws memory',
    () => ws({ memory: wrong(1) }),
    /^The property 'options\.memory' must be one of: 'fast', 'lean'/,
  ],
  [
    'clock',
    () => new AstraNet({ clock: wrong({}) }),
    /^The "options\.clock" property must be a clock with the functions now, setTimer and defer/,
  ],
  [
    'clock',
    () => new AstraNet({ clock: wrong(null) }),
    /^The "options\.clock" property must be a clock with the functions now, setTimer and defer/,
  ],
  [
    'sessionLimits',
    () => new AstraNet({ sessionLimits: wrong(5) }),
    /^The "options\.sessionLimits" property must be of type object/,
  ],
  [
    'sessionLimits',
    () => new AstraNet({ sessionLimits: wrong(null) }),
    /^The "options\.sessionLimits" property must be of type object/,
  ],
  [
    'sessionLimits',
    () => new AstraNet({ sessionLimits: wrong({ bogus: 1 }) }),
    /^The property 'options\.sessionLimits\.bogus' is not an option/,
  ],
  [
    'sessionLimits',
    () => new AstraNet({ sessionLimits: { keepAliveIntervalMs: -5 } }),
    /^The value of "options\.sessionLimits\.keepAliveIntervalMs" is out of range\. It must be >= 0 && <= 2147483647/,
  ],
  [
    'sessionLimits',
    () => new AstraNet({ sessionLimits: { maxConcurrentStreams: 2 } }),
    /^The value of "options\.sessionLimits\.maxConcurrentStreams" is out of range\. It must be at least 3/,
  ],
  [
    'withLoopBack',
    () => new AstraNet().withLoopBack(wrong('no')),
    /^The "isEnabled" argument must be of type boolean/,
  ],
  [
    'services filter',
    () => new AstraNet().services(wrong(null)),
    /^The "filter" argument must be of type object/,
  ],
  [
    'services name',
    () => new AstraNet().services({ name: wrong(1) }),
    /^The "filter\.name" property must be of type string/,
  ],
  [
    'services health',
    () => new AstraNet().services({ health: wrong('ill') }),
    /^The property 'filter\.health' must be one of: 'passing', 'failing'/,
  ],
  [
    'services version',
    () => new AstraNet().services({ version: wrong(1) }),
    /^The "filter\.version" property must be of type string/,
  ],
  [
    'watch options',
    () => new AstraNet().serviceMap().watch(wrong(null)),
    /^The "options" argument must be of type object/,
  ],
  [
    'watch name',
    () => new AstraNet().serviceMap().watch({ name: 'a b' }),
    /^The argument 'name' must not contain control characters, white space, ":", "\/" or "@"/,
  ],
  [
    'watch signal',
    () => new AstraNet().serviceMap().watch({ signal: wrong({}) }),
    /^The "options\.signal" property must be an instance of AbortSignal/,
  ],
  [
    'watch options',
    () => new AstraNet().routesMap().watch(wrong(1)),
    /^The "options" argument must be of type object/,
  ],
  [
    'watch signal',
    () => new AstraNet().routesMap().watch({ signal: wrong(1) }),
    /^The "options\.signal" property must be an instance of AbortSignal/,
  ],
  ['withEnv', () => new AstraNet().withEnv(''), /^The argument 'environment' must not be empty/],
  [
    'withEnv',
    () => new AstraNet().withEnv('a b'),
    /^The argument 'environment' must not contain control characters, white space, ":", "\/" or "@"/,
  ],
  ['withEnv', () => new AstraNet().withEnv(wrong(5)), /^The "environment" argument must be of type string/],
])('%s that is wrong throws and is named', (_, call, message) => {
  expect(call).toThrow(message)
  try {
    call()
  } catch (error) {
    expect(['TypeError', 'RangeError']).toContain((error as Error).name)
  }
})

test.each<[string, (node: AstraNet) => Promise<unknown>, RegExp]>([
  [
    'dial network',
    (node) => node.dial('udp', 'web'),
    /^The argument 'network' must be one of: '', 'astra', 'tcp', 'tcp4', 'tcp6', 'registry:\/\/KEY', 'vport2registry'/,
  ],
  [
    'dial address',
    (node) => node.dial('', wrong(undefined)),
    /^The "address" argument must be of type string/,
  ],
  [
    'dial address',
    (node) => node.dial('', 'a b'),
    /^The argument 'address' must not contain control characters, white space, ":", "\/" or "@"/,
  ],
  ['dial address', (node) => node.dial('', 'web:99999999999'), /^Port should be >= 0 and < 4294967296/],
  ['dial address', (node) => node.dial('', formatNodeId(node.nodeId)), /is a node id without a port/],
  [
    'dial options',
    (node) => node.dial('', 'web', wrong(null)),
    /^The "options" argument must be of type object/,
  ],
  [
    'dial timeoutMs',
    (node) => node.dialTimeout('', 'web', -1),
    /^The value of "options\.timeoutMs" is out of range\. It must be >= 0 && <= 2147483647/,
  ],
  [
    'dial timeoutMs',
    (node) => node.dialTimeout('', 'web', Number.NaN),
    /^The value of "options\.timeoutMs" is out of range\. It must be >= 0 && <= 2147483647/,
  ],
  [
    'dial timeoutMs',
    (node) => node.dialTimeout('', 'web', wrong('5')),
    /^The "options\.timeoutMs" property must be of type number/,
  ],
  [
    'dial hedgeAfterMs',
    (node) => node.dial('', 'web', { hedgeAfterMs: -1 }),
    /^The value of "options\.hedgeAfterMs" is out of range\. It must be >= 0 && <= 2147483647/,
  ],
  [
    'dial hedgeAfterMs',
    (node) => node.dial('', 'web', { hedgeAfterMs: wrong('5') }),
    /^The "options\.hedgeAfterMs" property must be of type number/,
  ],
  [
    'dial signal',
    (node) => node.dial('', 'web', { signal: wrong({}) }),
    /^The "options\.signal" property must be an instance of AbortSignal/,
  ],
  [
    'dial selector',
    (node) => node.dial('', 'web', { selector: wrong(1) }),
    /^The "options\.selector" property must be of type function/,
  ],
  [
    'dial key',
    (node) => node.dial('', 'web', { key: wrong(1) }),
    /^The "options\.key" property must be of type string/,
  ],
  [
    'dial allowHalfOpen',
    (node) => node.dial('', 'web', { allowHalfOpen: wrong('x') }),
    /^The "options\.allowHalfOpen" property must be of type boolean/,
  ],
  [
    'bind allowHalfOpen',
    (node) => node.bind('', 'web', { allowHalfOpen: wrong('x') }),
    /^The "options\.allowHalfOpen" property must be of type boolean/,
  ],
  [
    'dial network',
    (node) => node.dial('registry://', 'web'),
    /^The argument 'network' must be one of: '', 'astra', 'tcp', 'tcp4', 'tcp6', 'registry:\/\/KEY', 'vport2registry'/,
  ],
  [
    'dial network',
    (node) => node.dial(wrong(null), 'web'),
    /^The argument 'network' must be one of: '', 'astra', 'tcp', 'tcp4', 'tcp6', 'registry:\/\/KEY', 'vport2registry'/,
  ],
  [
    'dial address',
    (node) => node.dial('registry://key', ':5'),
    /^The argument 'address' must be a service on the network "registry:\/\/KEY"/,
  ],
  [
    'dial address',
    (node) => node.dial('vport2registry', 'web'),
    /^The argument 'address' must be "name:port" on the network "vport2registry"/,
  ],
  [
    'dial address',
    (node) => node.dial('vport2registry', ':5'),
    /^The argument 'address' must be "name:port" on the network "vport2registry"/,
  ],
  [
    'bind network',
    (node) => node.bind('registry://key', 'web'),
    /^The argument 'network' must be one of: '', 'astra', 'tcp', 'tcp4', 'tcp6'\. /,
  ],
  ['resolve name', (node) => node.resolve(''), /^The argument 'name' must not be empty/],
  ['resolve name', (node) => node.resolve(wrong(undefined)), /^The "name" argument must be of type string/],
  [
    'resolve name',
    (node) => node.resolve('web:5'),
    /^The argument 'name' must not contain control characters, white space, ":", "\/" or "@"/,
  ],
  [
    'resolve options',
    (node) => node.resolve('web', wrong(null)),
    /^The "options" argument must be of type object/,
  ],
  [
    'resolve port',
    (node) => node.resolve('web', { port: -1 }),
    /^options\.port should be >= 0 and < 4294967296/,
  ],
  [
    'resolve port',
    (node) => node.resolve('web', { port: wrong('5') }),
    /^options\.port should be >= 0 and < 4294967296/,
  ],
  [
    'resolve tags',
    (node) => node.resolve('web', { tags: wrong('a') }),
    /^The "options\.tags" property must be an instance of Array/,
  ],
  [
    'resolve tags',
    (node) => node.resolve('web', { tags: [wrong(1)] }),
    /^The "options\.tags" property must be of type string/,
  ],
  [
    'resolve zone',
    (node) => node.resolve('web', { zone: wrong(1) }),
    /^The "options\.zone" property must be of type string/,
  ],
  [
    'resolve timeoutMs',
    (node) => node.resolve('web', { timeoutMs: -1 }),
    /^The value of "options\.timeoutMs" is out of range\. It must be >= 0 && <= 2147483647/,
  ],
  [
    'resolve timeoutMs',
    (node) => node.resolve('web', { timeoutMs: Infinity }),
    /^The value of "options\.timeoutMs" is out of range\. It must be >= 0 && <= 2147483647/,
  ],
  [
    'resolve signal',
    (node) => node.resolve('web', { signal: wrong({}) }),
    /^The "options\.signal" property must be an instance of AbortSignal/,
  ],
  [
    'waitFor name',
    (node) => node.waitFor('a b'),
    /^The argument 'name' must not contain control characters, white space, ":", "\/" or "@"/,
  ],
  [
    'waitFor count',
    (node) => node.waitFor('web', { count: 0 }),
    /^The value of "options\.count" is out of range\. It must be >= 1 && <= 65536/,
  ],
  [
    'waitFor count',
    (node) => node.waitFor('web', { count: 1.5 }),
    /^The value of "options\.count" is out of range\. It must be an integer/,
  ],
  [
    'waitFor count',
    (node) => node.waitFor('web', { count: wrong('1') }),
    /^The "options\.count" property must be of type number/,
  ],
  [
    'waitFor timeoutMs',
    (node) => node.waitFor('web', { timeoutMs: Number.NaN }),
    /^The value of "options\.timeoutMs" is out of range\. It must be >= 0 && <= 2147483647/,
  ],
  [
    'httpDial host',
    (node) => node.httpDial('', wrong(undefined)),
    /^The "host" argument must be of type string/,
  ],
  [
    'bind network',
    (node) => node.bind(wrong(1), 'web'),
    /^The argument 'network' must be one of: '', 'astra', 'tcp', 'tcp4', 'tcp6'\. /,
  ],
  ['bind address', (node) => node.bind('', ''), /^The argument 'address' must not be empty/],
  [
    'bind address',
    (node) => node.bind('', 'web:x'),
    /^The argument 'address' must have a port number after ":"/,
  ],
  [
    'bind backlog',
    (node) => node.bind('', 'web', { backlog: 0 }),
    /^The value of "options\.backlog" is out of range\. It must be >= 1 && <= 2147483647/,
  ],
  [
    'bind backlog',
    (node) => node.bind('', 'web', { backlog: wrong('2') }),
    /^The "options\.backlog" property must be of type number/,
  ],
  [
    'bind weight',
    (node) => node.bind('', 'web', { weight: -1 }),
    /^The value of "options\.weight" is out of range\. It must be >= 0 && <= 65535/,
  ],
  ['bind tags', (node) => node.bind('', 'web', { tags: [''] }), /tag/],
  [
    'bind tags',
    (node) => node.bind('', ':5', { tags: ['a'] }),
    /^The property 'options\.tags' is published with a service, and ":5" has no name/,
  ],
  [
    'bind health',
    (node) => node.bind('', 'web', { health: wrong('ok') }),
    /^The property 'options\.health' must be one of: 'passing', 'failing'/,
  ],
  [
    'bind signal',
    (node) => node.bind('', 'web', { signal: wrong(1) }),
    /^The "options\.signal" property must be an instance of AbortSignal/,
  ],
  [
    'join network',
    (node) => node.join('tpc', 'x:1'),
    /^The argument 'network' is not known; this node has "tcp", "tcp4", "tcp6", "unix", "ws", "wss"/,
  ],
  [
    'join address',
    (node) => node.join('tcp4', 'nowhere'),
    /^The argument 'address' must be "host:port", "\[IPv6\]:port" or ":port"/,
  ],
  [
    'join timeoutMs',
    (node) => node.join('tcp4', 'x:1', { timeoutMs: -1 }),
    /^The value of "options\.timeoutMs" is out of range\. It must be >= 0 && <= 2147483647/,
  ],
  [
    'join signal',
    (node) => node.join('tcp4', 'x:1', { signal: wrong(1) }),
    /^The "options\.signal" property must be an instance of AbortSignal/,
  ],
  [
    'listen network',
    (node) => node.listenAndServe('', ':0'),
    /^The argument 'network' is not known; this node has "tcp", "tcp4", "tcp6", "unix", "ws", "wss"/,
  ],
  [
    'listen address',
    (node) => node.listenAndServe('tcp4', wrong(80)),
    /^The "address" argument must be of type string/,
  ],
  [
    'listen onError',
    (node) => node.listenAndServe('tcp4', '127.0.0.1:0', { onError: wrong(1) }),
    /^The "options\.onError" property must be of type function/,
  ],
  [
    'attach pipe',
    (node) => node.attach(wrong(null)),
    /^The "pipe" argument must be a ByteDuplex, a Node Duplex, a pair \{ readable, writable \} of Web Streams, or a MessagePort/,
  ],
  [
    'attach signal',
    (node) => node.attach(new PassThrough(), { signal: wrong(1) }),
    /^The "options\.signal" property must be an instance of AbortSignal/,
  ],
  ['ping nodeId', (node) => node.ping(wrong('x')), /^The "nodeId" argument must be of type bigint/],
])('%s that is wrong rejects and is named', async (_, call, message) => {
  await using node = new AstraNet()
  const error = await failure(call(node))
  expect(['TypeError', 'RangeError']).toContain(error.name)
  expect(error.message).toMatch(message)
  expect([node.services(), node.routes()]).toEqual([[], []])
})

test('a bind that fails leaves nothing behind', async () => {
  await using node = new AstraNet()
  await failure(node.bind('', 'web:5', { tags: ['x'.repeat(300)] }))
  await failure(node.bind('', 'web:5', { backlog: -1 }))
  const listener = await node.bind('', 'web:5')
  expect(boundTo(listener).port).toBe(5)
})

test('node ids of every size work as an address', async () => {
  const identity = await generateIdentity()
  for (const id of [0n, 1n, 0xffff_ffff_ffff_ffffn]) {
    const nodeId = toNodeId(id)
    // No key has such an id, and nobody asks for a proof within the node.
    await using node = new AstraNet({ identity: { ...identity, nodeId } })
    const listener = await node.bind('', ':0')
    listener.on('connection', (socket) => socket.end())
    const socket = await node.dial('', `${formatNodeId(nodeId)}:${boundTo(listener).port}`)
    expect(socket.remoteNode).toBe(nodeId)
    socket.destroy()
  }
})

test('names as long as 255 bytes, of any script, and of 11 or 13 base64url characters are names', async () => {
  await using node = new AstraNet()
  for (const name of ['x'.repeat(255), 'служба-☃', 'AbCdEf_-123', 'abcdefghijklm', 'n234', '1']) {
    const listener = await node.bind('', name)
    listener.on('connection', (socket) => socket.end())
    expect((await node.dial('', name)).remotePort).toBe(boundTo(listener).port)
    expect((await node.dial('', `${name}:${boundTo(listener).port}`)).remoteNode).toBe(node.nodeId)
  }
})
