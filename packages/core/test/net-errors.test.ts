import { once } from 'node:events'
import type { Socket } from 'node:net'
import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { formatNodeId } from '../src/index.js'
import { listening, onBoth, type AnyNet, type Notes } from './net-module-support.js'
import { twoNodes } from './support.js'

/** What a program sees of an error, and what a terminal shows of it, without the stack. */
function noteError(notes: Notes, what: string, error: unknown): void {
  const { constructor: made } = error as Error
  const shown = inspect(error)
    .split('\n')
    .filter((line) => !/^ +at /.test(line))
  notes.add(what, made === Error, 'cause' in (error as Error), Object.keys(error as Error), shown.join('|'))
}

async function resetByDialer(net: AnyNet, notes: Notes): Promise<void> {
  const { server, port } = await listening(net)
  const accepted = once(server, 'connection') as Promise<[Socket]>
  const dialed = net.connect(port, '127.0.0.1', () => dialed.resetAndDestroy())
  const [socket] = await accepted
  const [error] = (await once(socket.resume(), 'error')) as [Error]
  noteError(notes, 'event', error)
}

async function resetByAcceptor(net: AnyNet, notes: Notes): Promise<void> {
  const { port } = await listening(net, (socket) => socket.on('data', () => socket.resetAndDestroy()))
  const socket = net.connect(port, '127.0.0.1').resume()
  socket.write('x')
  const [error] = (await once(socket, 'error')) as [Error]
  noteError(notes, 'event', error)
}

async function writeAfterClose(net: AnyNet, notes: Notes): Promise<void> {
  const { port } = await listening(net, (socket) => socket.destroy())
  const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true }).resume()
  await once(socket, 'end')
  await new Promise((resolve) => socket.write('taken', resolve))
  socket.write('refused', (error) => noteError(notes, 'callback', error))
  const [error] = (await once(socket, 'error')) as [Error]
  noteError(notes, 'event', error)
}

test.each(Object.entries({ resetByDialer, resetByAcceptor, writeAfterClose }))(
  'the errors of a socket are plain errors without a cause, as over net: %s',
  async (_, scenario) => {
    const { expected, actual } = await onBoth(scenario)
    expect(actual).toEqual(expected)
  },
)

test('when the link has ended, the plain error has the reason as its cause', async () => {
  await using nodes = await twoNodes()
  const server = nodes.server.net.createServer().listen(0)
  const { port } = server.address() as { port: number }
  const socket = nodes.client.net.connect(port, formatNodeId(nodes.server.nodeId)).resume()
  await once(socket, 'connect')
  const failed = once(socket, 'error') as Promise<[Error]>
  await nodes.server.close()
  const [error] = await failed
  expect(error.constructor).toBe(Error)
  expect(error).toMatchObject({ code: 'ECONNRESET', syscall: 'read', message: 'read ECONNRESET' })
  expect(error.cause).toBeInstanceOf(Error)
})
