import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import { AstraNet } from '../src/index.js'
import { turns, until } from './support.js'
import { listening, onBoth, over, type AnyNet, type NetScenario } from './net-module-support.js'

const EVENTS = [
  'lookup',
  'connectionAttempt',
  'connect',
  'ready',
  'data',
  'end',
  'finish',
  'timeout',
  'error',
  'close',
]

const echo = (socket: Socket): void => void socket.on('error', () => {}).pipe(socket)

function stateOf(socket: Socket): string {
  const { connecting, pending, readyState, bytesWritten, bytesRead, bufferSize, destroyed, allowHalfOpen } =
    socket
  const ends = `${socket.remoteAddress} ${socket.remoteFamily} ${typeof socket.remotePort} ${socket.localAddress}`
  const numbers = `${bytesWritten} written ${bytesRead} read ${bufferSize} buffered`
  return [connecting, pending, readyState, numbers, destroyed, allowHalfOpen, ends, socket.timeout].join(', ')
}

const scenarios: Record<string, NetScenario> = {
  async 'a socket that is made first and connected later'(net, notes) {
    const { port } = await listening(net, echo)
    const socket = new net.Socket()
    notes.follow('socket', socket, ['lookup', 'connect', 'ready', 'data', 'end', 'finish', 'error', 'close'])
    notes.add(stateOf(socket))
    socket.connect(port, '127.0.0.1', () => notes.add('callback'))
    notes.add(stateOf(socket))
    await once(socket, 'ready')
    notes.add(stateOf(socket))
    socket.end('hello')
    await over(socket)
    notes.add(stateOf(socket).replace(/127.0.0.1 IPv4 number|undefined undefined undefined/, ''))
  },
  async 'nobody listens'(net, notes) {
    const socket = net.connect(1, '127.0.0.1')
    notes.follow('socket', socket, ['connect', 'error', 'close'])
    socket.on('connectionAttempt', (...args) => notes.add('attempt', ...args))
    socket.on('connectionAttemptFailed', (ip, port, family, error) =>
      notes.add('failed', ip, port, family, error),
    )
    socket.write('x', (error) => notes.add('written', error))
    await over(socket)
  },
  async 'one that is never connected refuses what is written'(net, notes) {
    const socket = new net.Socket()
    notes.follow('socket', socket, ['error', 'close'])
    notes.add(socket.write('x', (error) => notes.add('written', error)))
    await turns(5)
    notes.add(stateOf(socket))
  },
  async 'one that is never connected is reset'(net, notes) {
    const socket = new net.Socket()
    notes.follow('socket', socket, ['error'])
    socket.resetAndDestroy()
    await turns(5)
  },
  async 'destroyed before it is connected, with a write that waits'(net, notes) {
    const { port } = await listening(net, echo)
    const socket = net.connect(port, '127.0.0.1')
    notes.follow('socket', socket, EVENTS)
    socket.write('a', (error) => notes.add('written', error))
    socket.destroy()
    await over(socket)
  },
  async 'connected again after close'(net, notes) {
    const { port } = await listening(net, (socket) => void socket.end('bye'))
    const socket = new net.Socket()
    notes.follow('socket', socket, ['connect', 'ready', 'data', 'end', 'finish', 'error', 'close'])
    for (const name of ['first', 'second', 'third']) {
      socket.connect({ port, host: '127.0.0.1' }, () => notes.add(name))
      socket.write(name)
      await over(socket)
      notes.add(stateOf(socket).replace(/127.0.0.1 IPv4 number|undefined undefined undefined/, ''))
    }
  },
  async 'the state of one that failed, was destroyed early, and is connected again'(net, notes) {
    const { port } = await listening(net, echo)
    const failed = net.connect(1, '127.0.0.1').on('error', () => {})
    failed.write('abc')
    await over(failed)
    notes.add(failed.bytesWritten, failed.errored?.message.replace(/\d+$/, ''))
    const early = net.connect(port, '127.0.0.1').on('error', () => {})
    early.write('abc')
    early.write('de')
    early.destroy()
    await over(early)
    notes.add(early.bytesWritten)
    const socket = net.connect(port, '127.0.0.1')
    socket.resume().end('x')
    await over(socket)
    socket.connect(port, '127.0.0.1')
    notes.add(socket.connecting, socket.localAddress, socket.localPort, JSON.stringify(socket.address()))
    notes.add(socket.remoteAddress, socket.remotePort, socket.remoteFamily)
    socket.end()
    await over(socket)
  },
  async 'an error of a socket has the properties that Node gives it'(net, notes) {
    const { port } = await listening(
      net,
      (socket) => void socket.once('data', () => socket.resetAndDestroy()),
    )
    const socket = net.connect(port, '127.0.0.1')
    socket.write('x')
    const [error] = (await once(socket, 'error')) as [Error]
    notes.add(error, Object.keys(error).toSorted().join(), Object.hasOwn(error, 'address'), error.toString())
    await over(socket)
  },
  async 'a write that is too large for the far side, which is destroyed'(net, notes) {
    const { port } = await listening(net, (socket) => {
      socket.on('error', () => {}).once('readable', () => socket.destroy())
    })
    const socket = net.connect(port, '127.0.0.1')
    const isGone = (error: unknown): boolean => /^(EPIPE|ECONNRESET)$/.test((error as { code: string }).code)
    socket.on('error', (error) => notes.add('error', isGone(error)))
    socket.on('close', (hadError) => notes.add('close', hadError))
    socket.write(Buffer.alloc(20_000_000))
    await over(socket)
  },
  async 'connect of a socket that is connecting'(net, notes) {
    const { port } = await listening(net, echo)
    const socket = net.connect(port, '127.0.0.1')
    const failed = once(socket, 'error')
    socket.connect(port, '127.0.0.1')
    const [error] = (await failed) as [Error]
    // The system has chosen the local end already, and a node chooses its port when it is connected.
    notes.add(
      error.message.replaceAll(/(:\d+)( - Local \().*(\))/g, '$2$3'),
      Object.keys(error).toSorted().join(),
    )
    socket.destroy()
  },
  async 'connected again after an error'(net, notes) {
    const { port } = await listening(net, echo)
    const socket = net.connect(1, '127.0.0.1')
    notes.follow('socket', socket, ['connect', 'data', 'error', 'close'])
    await over(socket)
    socket.connect(port, '127.0.0.1')
    socket.end('again')
    await over(socket)
  },
  async 'onread with one buffer'(net, notes) {
    const { port } = await listening(net, (socket) => void socket.end('hello world'))
    const buffer = Buffer.alloc(4)
    let text = ''
    const socket = net.connect({
      ...{ port, host: '127.0.0.1' },
      onread: {
        buffer,
        callback(bytes, into) {
          text += Buffer.from(into.subarray(0, bytes)).toString()
          notes.add(bytes, into === buffer)
          return true
        },
      },
    })
    notes.follow('socket', socket, ['data', 'end', 'close'])
    await over(socket)
    notes.add(text, socket.bytesRead)
  },
  async 'onread that pauses'(net, notes) {
    const { port } = await listening(net, (socket) => void socket.end('hello world'))
    let calls = 0
    const socket: Socket = net.connect({
      ...{ port, host: '127.0.0.1' },
      onread: {
        buffer: () => Buffer.alloc(6),
        callback(bytes) {
          calls += 1
          notes.add(bytes)
          return false
        },
      },
    })
    notes.follow('socket', socket, ['data', 'end', 'close'])
    await until(() => calls === 1)
    await turns(5)
    notes.add('nothing more')
    socket.resume()
    await until(() => calls === 2)
    socket.resume()
    await over(socket)
  },
  async 'onread whose callback destroys the socket'(net, notes) {
    const { port } = await listening(net, (socket) => void socket.on('error', () => {}).end('hello world'))
    const socket: Socket = net.connect({
      ...{ port, host: '127.0.0.1' },
      onread: {
        buffer: Buffer.alloc(4),
        callback(bytes) {
          notes.add(bytes)
          socket.destroy()
          return true
        },
      },
    })
    notes.follow('socket', socket, ['data', 'end', 'close'])
    await over(socket)
  },
  async 'onread of a socket that is paused, and read again, before it is connected'(net, notes) {
    const { port } = await listening(net, (socket) => void socket.end('hello'))
    const socket = net.connect({
      ...{ port, host: '127.0.0.1' },
      onread: {
        buffer: Buffer.alloc(8),
        callback(bytes) {
          notes.add(bytes)
          return true
        },
      },
    })
    notes.follow('socket', socket, ['data', 'end', 'close'])
    socket.pause()
    socket.resume()
    await over(socket)
  },
  async 'a signal'(net, notes) {
    const { port } = await listening(net, echo)
    const controller = new AbortController()
    const socket = net.connect({ port, host: '127.0.0.1', signal: controller.signal } as never)
    notes.follow('socket', socket, ['connect', 'error', 'close'])
    await once(socket, 'connect')
    controller.abort()
    await over(socket)
  },
  async 'a signal that was aborted before'(net, notes) {
    const socket = net.connect({ port: 1, host: '127.0.0.1', signal: AbortSignal.abort() } as never)
    notes.follow('socket', socket, ['connect', 'error', 'close'])
    await over(socket)
  },
  async 'a lookup of its own'(net, notes) {
    const { port } = await listening(net, echo)
    const lookup = (host: string, options: { all?: boolean }, done: (...args: unknown[]) => void): void => {
      notes.add('asked for', host, JSON.stringify(options))
      process.nextTick(() =>
        options.all ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4),
      )
    }
    for (const family of [undefined, 4]) {
      const socket = net.connect({
        port,
        host: 'anything',
        lookup,
        ...(family && { family }),
        hints: 1,
      } as never)
      notes.follow('socket', socket, ['lookup', 'connect', 'data', 'error', 'close'])
      socket.end('x')
      await over(socket)
    }
  },
  async 'a lookup that fails, and ones that answer nonsense'(net, notes) {
    const answers: unknown[][] = [
      [Object.assign(new Error('no such name'), { code: 'ENOTFOUND' })],
      [null, 'nonsense', 4],
      [null, '127.0.0.1', 7],
    ]
    for (const answer of answers) {
      const lookup = (_host: string, _options: object, done: (...args: unknown[]) => void): void =>
        done(...answer)
      const socket = net.connect({ port: 1, host: 'anything', lookup, family: 4 } as never)
      notes.follow('socket', socket, ['lookup', 'connect', 'error', 'close'])
      await over(socket)
    }
  },
  async 'the timeout option'(net, notes) {
    const { port } = await listening(net, echo)
    const socket = net.connect({ port, host: '127.0.0.1', timeout: 20 })
    notes.add(socket.timeout)
    await once(socket, 'timeout')
    notes.add('timeout')
    socket.destroy()
    await over(socket)
  },
  async 'a port that is bound as the local one'(net, notes) {
    const { port } = await listening(net)
    const { port: other } = await listening(net)
    const socket = net.connect({ port, host: '127.0.0.1', localAddress: '127.0.0.1', localPort: other })
    notes.follow('socket', socket, ['connect', 'error', 'close'])
    await over(socket)
  },
  async 'a local end that the program chooses'(net, notes) {
    const { server: holder, port: chosen } = await listening(net)
    holder.close()
    await over(holder)
    const { server, port } = await listening(net)
    const accepted = once(server, 'connection') as Promise<[Socket]>
    const socket = net.connect({ port, host: '127.0.0.1', localAddress: '127.0.0.1', localPort: chosen })
    const [[far]] = await Promise.all([accepted, once(socket, 'ready')])
    const { localAddress, localFamily, localPort } = socket
    notes.add(localAddress, localFamily, localPort === chosen, far.remotePort === chosen)
    notes.add((socket.address() as AddressInfo).port === chosen)
    far.destroy()
    socket.destroy()
  },
  async 'a local address that the machine does not have'(net, notes) {
    const { port } = await listening(net)
    for (const localPort of [undefined, 40_005]) {
      const options = { port, host: '127.0.0.1', localAddress: '192.0.2.77' }
      const socket = net.connect(localPort === undefined ? options : { ...options, localPort })
      notes.follow('socket', socket, ['connect', 'error', 'close'])
      await over(socket)
    }
  },
  async 'setters, and properties of the class'(net, notes) {
    const socket = new net.Socket({ allowHalfOpen: true })
    for (const call of [
      'setNoDelay',
      'setKeepAlive',
      'ref',
      'unref',
      'pause',
      'resume',
      'cork',
      'uncork',
    ] as const)
      notes.add(call, (socket[call] as () => unknown)() === socket)
    notes.add(
      socket instanceof net.Socket,
      (net as unknown as { Stream: unknown }).Stream === net.Socket,
      socket.listenerCount('end'),
    )
    notes.add(net.Socket.name, net.Server.name, socket.constructor === net.Socket)
    const called = (net.Socket as unknown as () => Socket)()
    notes.add(called instanceof net.Socket, called.pending, JSON.stringify(called.address()))
    class Own extends net.Socket {}
    notes.add(new Own() instanceof Own, new Own() instanceof net.Socket, socket instanceof Own)
  },
}

describe('a socket of net is as over the real net', () => {
  test.each(Object.entries(scenarios))('%s', async (_, scenario) => {
    const { expected, actual } = await onBoth(scenario)
    expect(actual).toEqual(expected)
  })
})

test('destroyed with a write that waits, and connected again at once, it calls each write back', async () => {
  const { net } = new AstraNet() as unknown as { net: AnyNet }
  const { port } = await listening(net, echo)
  const socket = net.connect(port, '127.0.0.1').on('error', () => {})
  const codes: unknown[] = []
  const note = (error?: Error | null): void => void codes.push((error as NodeJS.ErrnoException | null)?.code)
  socket.write('old', note)
  socket.destroy()
  socket.connect(port, '127.0.0.1')
  socket.write('new', note)
  await until(() => codes.length === 2)
  expect(codes[0]).toBe('ERR_SOCKET_CLOSED_BEFORE_CONNECTION')
  socket.destroy()
})
