import { once } from 'node:events'
import net from 'node:net'
import os from 'node:os'
import type { Duplex } from 'node:stream'
import { getSystemErrorMap, inspect } from 'node:util'
import { AstraError } from '@astranet/interface'
import { StreamError } from '@astranet/mux'
import { describe, expect, it, test } from 'vitest'
import { AstraNet, formatNodeId, NetError } from '../src/index.js'
import { errnoOf, LINUX_ERRNO } from '../src/api/errno.js'
import { socketError } from '../src/api/socket-error.js'
import { failure, Proxy, twoNodes } from './support.js'

/** What a program can ask of a socket's error. */
interface SystemError extends Error {
  readonly code?: string
  readonly errno?: number
  readonly syscall?: string
}

function summary({ code, errno, syscall, message }: SystemError): object {
  return { code, errno, syscall, message }
}

/** The part that `net.Socket` and AstraNet's have in common. */
interface AnySocket extends Duplex {
  resetAndDestroy(): unknown
}

async function overNet(): Promise<[near: AnySocket, far: AnySocket]> {
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const near = net.connect((server.address() as net.AddressInfo).port, '127.0.0.1')
  const [far] = (await once(server, 'connection')) as [net.Socket]
  if (near.connecting) await once(near, 'connect')
  server.close()
  return [near, far]
}

describe('a socket that the peer resets', () => {
  /** Its 'error' event, and what it has as its error afterwards. */
  async function reset([near, far]: [AnySocket, AnySocket]): Promise<object[]> {
    const error = new Promise<SystemError>((resolve) => near.on('error', resolve))
    far.resetAndDestroy()
    return [summary(await error), summary(near.errored as SystemError)]
  }

  it('has the errors of net', async () => {
    await using nodes = await twoNodes()
    const expected = await reset(await overNet())
    expect(expected[0]).toMatchObject({ syscall: 'read', message: 'read ECONNRESET' })
    const listener = await nodes.server.bind('', 'svc')
    for (const dialer of [nodes.client, nodes.server]) {
      const [near, far] = await Promise.all([dialer.dial('', 'svc'), listener.accept()])
      expect(await reset([near, far])).toEqual(expected)
    }
  })
})

test('a socket whose peer reads no more fails in the write', async () => {
  await using nodes = await twoNodes()
  const listener = await nodes.server.bind('', 'svc')
  const [near, far] = await Promise.all([
    nodes.client.dial('', 'svc', { allowHalfOpen: true }),
    listener.accept(),
  ])
  near.on('error', () => undefined)
  far.destroy()
  near.resume()
  await once(near, 'end')
  await new Promise((resolve) => near.write('taken', resolve))
  const error = await new Promise<SystemError | null | undefined>((resolve) => near.write('x', resolve))
  expect(error).toBeInstanceOf(NetError)
  expect(summary(error as SystemError)).toEqual({
    code: 'EPIPE',
    errno: -os.constants.errno.EPIPE,
    syscall: 'write',
    message: 'write EPIPE',
  })
  expect((error as Error).cause).toBeInstanceOf(StreamError)
})

test('sockets whose link breaks say why, all with one error', async () => {
  await using server = new AstraNet()
  await using client = new AstraNet()
  const endpoint = await server.listenAndServe('tcp4', '127.0.0.1:0')
  await using proxy = await Proxy.to(endpoint.address)
  await client.join('tcp4', proxy.address)
  const listener = await server.bind('', 'svc')
  listener.on('connection', (socket) => socket.on('error', () => undefined))
  const sockets = await Promise.all([client.dial('', 'svc'), client.dial('', 'svc')])
  const errors = Promise.all(
    sockets.map((socket) => new Promise<SystemError>((resolve) => socket.on('error', resolve))),
  )
  proxy.cut()
  const [one, two] = await errors
  expect(one && summary(one)).toMatchObject({ syscall: 'read', message: 'read ECONNRESET' })
  expect((one?.cause as AstraError).code).toBe('ASTRA_ERR_CONNECTION_LOST')
  expect(two).toBe(one)
})

describe('what calls of a node fail with', () => {
  it('has the number of its code, as errors of net have', async () => {
    await using nodes = await twoNodes()
    const { server, client } = nodes
    const taken = await server.bind('', 'svc:7')
    const used = (await failure(server.bind('', ':7'))) as SystemError
    const busy = net.createServer().listen(0, '127.0.0.1')
    await once(busy, 'listening')
    const { port } = busy.address() as net.AddressInfo
    const [usedByNet] = (await once(net.createServer().listen(port, '127.0.0.1'), 'error')) as [SystemError]
    expect([used.code, used.errno]).toEqual([usedByNet.code, usedByNet.errno])
    busy.close()
    await once(busy, 'close')
    const [refusedByNet] = (await once(net.connect(port, '127.0.0.1'), 'error')) as [SystemError]
    taken.close()
    const refused = (await failure(client.dial('', `${formatNodeId(server.nodeId)}:7`))) as SystemError
    expect([refused.code, refused.errno]).toEqual([refusedByNet.code, refusedByNet.errno])
  })

  it('has none where its code is none of a system', async () => {
    const node = new AstraNet()
    await node.close()
    const error = await failure(node.dial('', 'svc'))
    expect(error.code).toBe('ERR_SOCKET_CLOSED')
    expect('errno' in error).toBe(false)
  })
})

test('an error without a cause shows none', async () => {
  await using node = new AstraNet()
  const error = await failure(node.dial('', 'svc', { timeoutMs: 0 }))
  expect('cause' in error).toBe(false)
  expect(inspect(error)).not.toContain('cause')
})

describe('socketError', () => {
  it('leaves alone what is not of a stream or not of a system', () => {
    const own = new Error('mine')
    const evicted = new StreamError('ASTRA_ERR_STREAM_EVICTED', 'nobody read it')
    for (const error of [own, evicted, undefined, new AstraError('ECONNRESET', 'mine, too')])
      expect(socketError(error, 'read')).toBe(error)
    const made = socketError(new StreamError('ECONNRESET', 'reset'), 'write')
    expect(made.message).toBe('write ECONNRESET')
    expect(socketError(made, 'read')).toBe(made)
  })
})

test('the numbers for browsers are those of Linux, and Node gives its own', () => {
  const own = new Map([...getSystemErrorMap()].map(([errno, [code]]) => [code, errno]))
  for (const [code, errno] of Object.entries(LINUX_ERRNO)) {
    expect(errnoOf(code)).toBe(own.get(code) ?? errno)
    if (process.platform !== 'linux' || code === 'ENOTFOUND') continue
    expect(errno).toBe(-os.constants.errno[code as keyof typeof os.constants.errno])
  }
  expect(errnoOf('ASTRA_ERR_PROTOCOL')).toBe(undefined)
})
