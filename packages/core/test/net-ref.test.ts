import { type Server, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { listening, onBoth, over, type AnyNet, type Notes } from './net-module-support.js'

const EVENTS = ['lookup', 'connect', 'ready', 'timeout', 'end', 'finish', 'close'] as const

type Step = (socket: Socket) => unknown

const steps: Record<string, { before?: Step; during?: Step; connected?: Step }> = {
  'unref before it connects': { before: (socket) => socket.unref() },
  'unref and ref before it connects': { before: (socket) => socket.unref().ref() },
  'unref twice before it connects': { before: (socket) => socket.unref().unref() },
  'unref while it connects': { during: (socket) => socket.unref() },
  'unref before it connects, ref while it does': {
    before: (socket) => socket.unref(),
    during: (socket) => socket.ref(),
  },
  'unref and ref when it is connected': { connected: (socket) => socket.unref().ref().unref() },
}

/** The socket of `step`, connected twice, and then its server. */
async function scenario(step: (typeof steps)[string], net: AnyNet, notes: Notes): Promise<void> {
  const { server, port } = await listening(net, (socket) => socket.end('x'))
  const socket = new net.Socket()
  notes.follow('socket', socket, EVENTS)
  for (let round = 0; round < 2; round++) {
    notes.add('before', step.before?.(socket) === socket, socket.pending, socket.connecting)
    socket.connect(port, '127.0.0.1')
    notes.add('during', step.during?.(socket) === socket, socket.pending, socket.connecting)
    socket.once('connect', () => notes.add('connected', step.connected?.(socket) === socket))
    await over(socket.resume())
    notes.add('closed', socket.ref() === socket, socket.unref() === socket, socket.ref() === socket)
  }
  notes.add(isSame(server.unref(), server), isSame(server.ref(), server))
  server.close()
  await over(server)
  notes.add(
    isSame(server.unref(), server),
    isSame(server.ref(), server),
    'hasRef' in socket,
    'hasRef' in server,
  )
}

function isSame(one: Server, other: Server): boolean {
  return one === other
}

test.each(Object.entries(steps))(
  'a socket that is %s emits what one of the real net does',
  async (_, step) => {
    const { expected, actual } = await onBoth((net, notes) => scenario(step, net, notes))
    expect(actual).toEqual(expected)
    expect(expected.filter((line) => line.startsWith('socket connect'))).toHaveLength(2)
  },
)
