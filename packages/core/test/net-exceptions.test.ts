import { once } from 'node:events'
import { expect, test } from 'vitest'
import { AstraNet } from '../src/index.js'
import { listening } from './net-module-support.js'
import { textOf, uncaught } from './support.js'

/** A node's `net`, and a server there that sends everything back. */
async function echoing(): Promise<{ net: AstraNet['net']; port: number }> {
  const { net } = new AstraNet()
  const { port } = await listening(net as never, (socket) => void socket.on('error', () => {}).pipe(socket))
  return { net, port }
}

const throwing = (): never => {
  throw new Error('the program')
}

test('a callback of a first write that throws is an uncaught exception, and the socket lives on', async () => {
  const { net, port } = await echoing()
  const thrown = uncaught()
  const socket = net.connect(port, '127.0.0.1')
  socket.write('a', throwing)
  const ready = once(socket, 'ready')
  expect(await thrown).toMatchObject({ message: 'the program' })
  await ready
  socket.end('b')
  expect(await textOf(socket as never)).toBe('ab')
})

test('a listener of lookup that throws does not keep the socket from being connected', async () => {
  const { net, port } = await echoing()
  for (const host of ['localhost', undefined]) {
    const thrown = uncaught()
    const socket = host === undefined ? net.connect(port) : net.connect(port, host)
    socket.once('lookup', throwing)
    socket.end('x')
    expect(await thrown).toMatchObject({ message: 'the program' })
    expect(await textOf(socket as never)).toBe('x')
  }
})

test('a listener of connectionAttempt or connectionAttemptFailed that throws does not hide the error', async () => {
  const { net } = await echoing()
  for (const event of ['connectionAttempt', 'connectionAttemptFailed']) {
    const thrown = uncaught()
    const socket = net.connect(1, '127.0.0.1')
    socket.once(event, throwing)
    const failed = new Promise((resolve) => socket.once('error', resolve))
    socket.end()
    expect(await thrown).toMatchObject({ message: 'the program' })
    expect(await failed).toMatchObject({ code: 'ECONNREFUSED' })
  }
})
