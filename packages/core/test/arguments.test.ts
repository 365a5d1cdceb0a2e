import { PassThrough } from 'node:stream'
import { tcp } from '@astranet/transport-tcp'
import { ws } from '@astranet/transport-ws'
import { expect, test } from 'vitest'
import { AstraNet, formatNodeId, generateIdentity, toNodeId } from '../src/index.js'
import { boundTo, failure } from './support.js'

const wrong = <T>(value: unknown): T => value as T

test.each<[string, () => unknown, RegExp]>([
  ['options', () => new AstraNet(wrong(null)), /^options must be an object/],
  ['transports', () => new AstraNet({ transports: wrong('tcp') }), /^transports must be a list/],
  ['transports', () => new AstraNet({ transports: [wrong(() => {})] }), /^transports must be a list/],
  ['identity', () => new AstraNet({ identity: wrong(1) }), /^identity must be an Identity, or a text/],
  ['identity', () => new AstraNet({ identity: wrong(null) }), /^identity must be/],
  ['identity', () => new AstraNet({ identity: wrong({ nodeId: 1n }) }), /^identity must be/],
  ['identity', () => new AstraNet({ identity: '' }), /^identity must be/],
  ['maxReceiveBufferBytes', () => new AstraNet({ maxReceiveBufferBytes: 1 }), /^maxReceiveBufferBytes/],
  ['doorway', () => new AstraNet({ doorway: wrong(1) }), /^doorway must be an object/],
  ['doorway', () => new AstraNet({ doorway: wrong({ perHost: 1 }) }), /^doorway.perHost is not an option/],
  ['doorway', () => new AstraNet({ doorway: { maxPerHost: 0 } }), /^doorway.maxPerHost must be an integer/],
  ['helloTimeoutMs', () => new AstraNet({ helloTimeoutMs: 0 }), /^helloTimeoutMs must be from 1/],
  ['helloTimeoutMs', () => new AstraNet({ helloTimeoutMs: 1.5 }), /^helloTimeoutMs must be an integer/],
  ['memory', () => new AstraNet({ memory: wrong('slow') }), /^memory must be 'fast' or 'lean', got "slow"/],
  ['memory', () => new AstraNet({ memory: wrong(null) }), /^memory must be 'fast' or 'lean', got null/],
  ['tcp memory', () => tcp({ memory: wrong('slow') }), /^memory must be/],
  ['ws memory', () => ws({ memory: wrong(1) }), /^memory must be/],
  ['clock', () => new AstraNet({ clock: wrong({}) }), /^clock must have/],
  ['clock', () => new AstraNet({ clock: wrong(null) }), /^clock must have/],
  ['sessionLimits', () => new AstraNet({ sessionLimits: wrong(5) }), /^sessionLimits must be an object/],
  ['sessionLimits', () => new AstraNet({ sessionLimits: wrong(null) }), /^sessionLimits must be an object/],
  [
    'sessionLimits',
    () => new AstraNet({ sessionLimits: wrong({ bogus: 1 }) }),
    /^sessionLimits\.bogus is not/,
  ],
  [
    'sessionLimits',
    () => new AstraNet({ sessionLimits: { keepAliveIntervalMs: -5 } }),
    /^sessionLimits\.keepAliveIntervalMs must be/,
  ],
  [
    'sessionLimits',
    () => new AstraNet({ sessionLimits: { maxConcurrentStreams: 2 } }),
    /^sessionLimits\.maxConcurrentStreams must be at least 3, got 2/,
  ],
  ['withLoopBack', () => new AstraNet().withLoopBack(wrong('no')), /^isEnabled must be a boolean/],
  ['services filter', () => new AstraNet().services(wrong(null)), /^filter must be an object, got null/],
  ['services name', () => new AstraNet().services({ name: wrong(1) }), /^name must be a string/],
  [
    'services health',
    () => new AstraNet().services({ health: wrong('ill') }),
    /^health must be 'passing' or/,
  ],
  ['services version', () => new AstraNet().services({ version: wrong(1) }), /^version must be a string/],
  ['watch options', () => new AstraNet().serviceMap().watch(wrong(null)), /^options must be an object/],
  ['watch name', () => new AstraNet().serviceMap().watch({ name: 'a b' }), /^service name must not contain/],
  ['watch signal', () => new AstraNet().serviceMap().watch({ signal: wrong({}) }), /^signal must be/],
  ['watch options', () => new AstraNet().routesMap().watch(wrong(1)), /^options must be an object/],
  ['watch signal', () => new AstraNet().routesMap().watch({ signal: wrong(1) }), /^signal must be/],
  ['withEnv', () => new AstraNet().withEnv(''), /^environment must not be empty/],
  ['withEnv', () => new AstraNet().withEnv('a b'), /^environment part must not contain/],
  ['withEnv', () => new AstraNet().withEnv(wrong(5)), /^environment must be a string/],
])('%s that is wrong throws and is named', (_, call, message) => {
  expect(call).toThrow(message)
  try {
    call()
  } catch (error) {
    expect(['TypeError', 'RangeError']).toContain((error as Error).name)
  }
})

test.each<[string, (node: AstraNet) => Promise<unknown>, RegExp]>([
  ['dial network', (node) => node.dial('udp', 'web'), /^network must be '', 'astra', .* got "udp"/],
  ['dial address', (node) => node.dial('', wrong(undefined)), /^address must be a string/],
  ['dial address', (node) => node.dial('', 'a b'), /^service name must not contain/],
  ['dial address', (node) => node.dial('', 'web:99999999999'), /port must be at most 4294967295/],
  ['dial address', (node) => node.dial('', formatNodeId(node.nodeId)), /is a node id without a port/],
  ['dial options', (node) => node.dial('', 'web', wrong(null)), /^options must be an object/],
  ['dial timeoutMs', (node) => node.dialTimeout('', 'web', -1), /^timeoutMs must be from 0/],
  ['dial timeoutMs', (node) => node.dialTimeout('', 'web', Number.NaN), /^timeoutMs must be from 0/],
  ['dial timeoutMs', (node) => node.dialTimeout('', 'web', wrong('5')), /^timeoutMs must be a number/],
  ['dial hedgeAfterMs', (node) => node.dial('', 'web', { hedgeAfterMs: -1 }), /^hedgeAfterMs must be from 0/],
  [
    'dial hedgeAfterMs',
    (node) => node.dial('', 'web', { hedgeAfterMs: wrong('5') }),
    /^hedgeAfterMs must be a/,
  ],
  ['dial signal', (node) => node.dial('', 'web', { signal: wrong({}) }), /^signal must be an AbortSignal/],
  ['dial selector', (node) => node.dial('', 'web', { selector: wrong(1) }), /^selector must be a function/],
  ['dial key', (node) => node.dial('', 'web', { key: wrong(1) }), /^key must be a string/],
  [
    'dial allowHalfOpen',
    (node) => node.dial('', 'web', { allowHalfOpen: wrong('x') }),
    /^allowHalfOpen must/,
  ],
  [
    'bind allowHalfOpen',
    (node) => node.bind('', 'web', { allowHalfOpen: wrong('x') }),
    /^allowHalfOpen must/,
  ],
  [
    'dial network',
    (node) => node.dial('registry://', 'web'),
    /^network must be '', 'astra', 'tcp', 'registry:/,
  ],
  ['dial network', (node) => node.dial(wrong(null), 'web'), /^network must be .* got null/],
  ['dial address', (node) => node.dial('registry://key', ':5'), /^address must be a service on the network/],
  [
    'dial address',
    (node) => node.dial('vport2registry', 'web'),
    /^address must be "name:port" on the network/,
  ],
  [
    'dial address',
    (node) => node.dial('vport2registry', ':5'),
    /^address must be "name:port" on the network/,
  ],
  ['bind network', (node) => node.bind('registry://key', 'web'), /^network must be '', 'astra' or 'tcp'/],
  ['resolve name', (node) => node.resolve(''), /^service name must not be empty/],
  ['resolve name', (node) => node.resolve(wrong(undefined)), /^name must be a string/],
  ['resolve name', (node) => node.resolve('web:5'), /^service name must not contain/],
  ['resolve options', (node) => node.resolve('web', wrong(null)), /^options must be an object/],
  ['resolve port', (node) => node.resolve('web', { port: -1 }), /^port must be an integer from 0/],
  ['resolve port', (node) => node.resolve('web', { port: wrong('5') }), /^port must be a number/],
  ['resolve tags', (node) => node.resolve('web', { tags: wrong('a') }), /^tags must be a list, got string/],
  ['resolve tags', (node) => node.resolve('web', { tags: [wrong(1)] }), /^tag must be a string/],
  ['resolve zone', (node) => node.resolve('web', { zone: wrong(1) }), /^zone must be a string/],
  ['resolve timeoutMs', (node) => node.resolve('web', { timeoutMs: -1 }), /^timeoutMs must be from 0/],
  ['resolve timeoutMs', (node) => node.resolve('web', { timeoutMs: Infinity }), /^timeoutMs must be from 0/],
  ['resolve signal', (node) => node.resolve('web', { signal: wrong({}) }), /^signal must be/],
  ['waitFor name', (node) => node.waitFor('a b'), /^service name must not contain/],
  ['waitFor count', (node) => node.waitFor('web', { count: 0 }), /^count must be an integer from 1 to 65536/],
  ['waitFor count', (node) => node.waitFor('web', { count: 1.5 }), /^count must be an integer/],
  ['waitFor count', (node) => node.waitFor('web', { count: wrong('1') }), /^count must be a number/],
  ['waitFor timeoutMs', (node) => node.waitFor('web', { timeoutMs: Number.NaN }), /^timeoutMs must be from/],
  ['httpDial host', (node) => node.httpDial('', wrong(undefined)), /^host must be a string/],
  ['bind network', (node) => node.bind(wrong(1), 'web'), /^network must be/],
  ['bind address', (node) => node.bind('', ''), /^service name must not be empty/],
  ['bind address', (node) => node.bind('', 'web:x'), /has no port number after ":"/],
  ['bind backlog', (node) => node.bind('', 'web', { backlog: 0 }), /^backlog must be an integer from 1/],
  ['bind backlog', (node) => node.bind('', 'web', { backlog: wrong('2') }), /^backlog must be a number/],
  ['bind weight', (node) => node.bind('', 'web', { weight: -1 }), /weight must be/],
  ['bind tags', (node) => node.bind('', 'web', { tags: [''] }), /tag/],
  ['bind tags', (node) => node.bind('', ':5', { tags: ['a'] }), /^tags is published .* ":5" has no name/],
  ['bind health', (node) => node.bind('', 'web', { health: wrong('ok') }), /^health must be .* got "ok"/],
  ['bind signal', (node) => node.bind('', 'web', { signal: wrong(1) }), /^signal must be/],
  [
    'join network',
    (node) => node.join('tpc', 'x:1'),
    /^network "tpc" is not known; .* "tcp", "tcp4", "tcp6"/,
  ],
  ['join address', (node) => node.join('tcp4', 'nowhere'), /^address must be "host:port"/],
  ['join timeoutMs', (node) => node.join('tcp4', 'x:1', { timeoutMs: -1 }), /^timeoutMs must be from 0/],
  ['join signal', (node) => node.join('tcp4', 'x:1', { signal: wrong(1) }), /^signal must be/],
  ['listen network', (node) => node.listenAndServe('', ':0'), /^network "" is not known/],
  ['listen address', (node) => node.listenAndServe('tcp4', wrong(80)), /^address must be a string/],
  [
    'listen onError',
    (node) => node.listenAndServe('tcp4', '127.0.0.1:0', { onError: wrong(1) }),
    /^onError must be a function/,
  ],
  ['attach pipe', (node) => node.attach(wrong(null)), /^pipe must be a ByteDuplex/],
  ['attach signal', (node) => node.attach(new PassThrough(), { signal: wrong(1) }), /^signal must be/],
  ['ping nodeId', (node) => node.ping(wrong('x')), /^node id must be a bigint/],
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
