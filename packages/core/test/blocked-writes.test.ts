import { once } from 'node:events'
import { expect, test } from 'vitest'
import type { Socket } from '../src/index.js'
import { twoNodes, until } from './support.js'

const KIBIBYTE = 1_024
const LIMIT_BYTES = 1_048_576
const LATE_BYTES = 24 * KIBIBYTE
const STREAMS = 200
const MARK_BYTES = 16 * KIBIBYTE

/** Bytes that a socket has taken from the program: their writes have completed. */
function takenBytes(socket: Socket): number {
  return socket.bytesWritten - socket.writableLength
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, each) => all + each, 0)
}

/** Writes until the socket says no, and again after each drain, `bytes` in all; then ends. */
function writeAll(socket: Socket, bytes: number): void {
  const piece = Buffer.alloc(MARK_BYTES, 7)
  let left = bytes
  const write = (): void => {
    while (left > 0) {
      left -= piece.length
      if (!socket.write(piece)) break
    }
    if (left === 0) socket.end()
  }
  socket.on('drain', write)
  write()
}

test('sockets whose peer does not read hold no more than the session may, and complete when it reads', async () => {
  await using nodes = await twoNodes({ sessionLimits: { maxSendBufferBytes: LIMIT_BYTES } })
  const { client, server } = nodes
  const unread: Socket[] = []
  const listener = await server.bind('', 'slow')
  listener.on('connection', (socket) => unread.push(socket.pause()))
  await client.waitFor('slow')
  const dial = (): Promise<Socket> => client.dial('', 'slow', { writableHighWaterMark: MARK_BYTES })
  const sockets = await Promise.all(Array.from({ length: STREAMS }, dial))
  const sentBytes = (): number => client.inspect().links[0]?.sentBytes ?? 0
  const before = sentBytes()
  // What was sent contains headers, too, so a little more than this is held.
  const heldBytes = (): number => sum(sockets.map(takenBytes)) - (sentBytes() - before)
  const perStream = 384 * KIBIBYTE
  let most = 0
  for (const socket of sockets) {
    socket.on('drain', () => (most = Math.max(most, heldBytes())))
    writeAll(socket, perStream)
  }
  await until(() => heldBytes() > LIMIT_BYTES / 2)
  // A new stream has a share all the same: the write completes, although some of it waits for credit.
  const late = await dial()
  sockets.push(late)
  await new Promise((resolve) => late.write(Buffer.alloc(LATE_BYTES), resolve))
  expect(most).toBeLessThanOrEqual(LIMIT_BYTES)
  expect(heldBytes()).toBeLessThanOrEqual(LIMIT_BYTES)
  late.end()
  await until(() => unread.length === sockets.length)
  const ended = unread.map((socket) => once(socket.resume(), 'end'))
  await Promise.all(ended)
  expect(sum(unread.map(({ bytesRead }) => bytesRead))).toBe(STREAMS * perStream + LATE_BYTES)
  expect(sockets.map(({ writableLength }) => writableLength)).toEqual(sockets.map(() => 0))
})
