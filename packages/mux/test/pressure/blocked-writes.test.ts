import { describe, expect, it } from 'vitest'
import type { Stream } from '../../src/index.js'
import { checkInvariants, connectedPair, type Pair, type Side } from '../support/pair.js'

const KIBIBYTE = 1_024
const MEBIBYTE = 1_048_576
const FIRST_WINDOW_BYTES = 16 * KIBIBYTE

/** What the session keeps of its streams' bytes; the others are in buffers of the application. */
function heldBytes({ core }: Side): number {
  return core.sendBufferedBytes - core.borrowedBytes
}

/** Writes pieces one after the other, the next when the one before has come back, as Node does; then ends. */
class Writer {
  /** Pieces that came back. */
  completed = 0
  stopped = 0
  closed = 0
  readonly stream: Stream

  constructor(side: Side, { pieces, pieceBytes }: { pieces: number; pieceBytes: number }) {
    const stream = side.open()
    this.stream = stream
    const piece = new Uint8Array(pieceBytes)
    const write = (): void => {
      if (this.completed === pieces) stream.end()
      else if (stream.canWrite) stream.writeReferenced(piece)
    }
    stream.handle({
      onData: () => {},
      onEnd: () => {},
      onFlushed: () => {
        this.completed += 1
        write()
      },
      onStopSending: () => void (this.stopped += 1),
      onClose: () => void (this.closed += 1),
    })
    write()
  }
}

/** A client whose streams the server accepts and does not read. */
function unreadPair(maxSendBufferBytes: number): Pair {
  const pair = connectedPair({ client: { maxSendBufferBytes } })
  pair.server.onStream = (stream) => {
    stream.handle({ onData: () => {}, onEnd: () => stream.end() })
    stream.pause()
  }
  return pair
}

/** Lets time pass, in which blocked writes are copied; the session never holds more than `limit`. */
function waitWithin(pair: Pair, limit: number): number {
  let most = 0
  for (let count = 0; count < 200; count++) {
    pair.advance(50)
    most = Math.max(most, heldBytes(pair.client))
  }
  expect(most).toBeLessThanOrEqual(limit)
  checkInvariants(pair.client)
  return most
}

function readAll(pair: Pair): void {
  for (const stream of pair.server.accepted) stream.resume()
  pair.run()
}

describe('writes that the peer’s credit holds up', () => {
  it.each([
    [64 * KIBIBYTE, 16 * KIBIBYTE],
    [64 * KIBIBYTE, 100 * KIBIBYTE],
    [MEBIBYTE, 16 * KIBIBYTE],
    [MEBIBYTE, 3 * KIBIBYTE],
    [8 * MEBIBYTE, 64 * KIBIBYTE],
  ])(
    'are copied up to a limit of %i of the session, in pieces of %i, and all complete',
    (limit, pieceBytes) => {
      const pair = unreadPair(limit)
      const pieces = Math.ceil((128 * KIBIBYTE) / pieceBytes)
      const writers = Array.from({ length: 1_000 }, () => new Writer(pair.client, { pieces, pieceBytes }))
      pair.run()
      const most = waitWithin(pair, limit)
      // The limit is there to be used: at least what large writes may have of it, but for one.
      if (pieceBytes <= limit / 2) expect(most).toBeGreaterThanOrEqual(0.75 * limit - pieceBytes)
      readAll(pair)
      expect(writers.map(({ completed, closed }) => [completed, closed])).toEqual(
        writers.map(() => [pieces, 1]),
      )
      expect([pair.client.core.sendBufferedBytes, pair.client.core.borrowedBytes]).toEqual([0, 0])
    },
  )

  it('leave a quarter to streams of which little is held', () => {
    const pair = unreadPair(8 * MEBIBYTE)
    const large = Array.from(
      { length: 100 },
      () => new Writer(pair.client, { pieces: 20, pieceBytes: 64 * KIBIBYTE }),
    )
    pair.run()
    expect(waitWithin(pair, 6 * MEBIBYTE)).toBeGreaterThan(5 * MEBIBYTE)
    expect(large.every(({ completed }) => completed < 20)).toBe(true)
    // The first window of each takes half of what it writes, and half waits.
    const pieceBytes = 2 * FIRST_WINDOW_BYTES
    const late = Array.from({ length: 100 }, () => new Writer(pair.client, { pieces: 1, pieceBytes }))
    pair.run()
    waitWithin(pair, 8 * MEBIBYTE)
    expect(late.map(({ completed }) => completed)).toEqual(late.map(() => 1))
  })

  it.each(['reset', 'destroy', 'stopped by the peer'])('give what was copied back on %s', (how) => {
    const limit = MEBIBYTE
    const pair = unreadPair(limit)
    const write = (): Writer => new Writer(pair.client, { pieces: 20, pieceBytes: 64 * KIBIBYTE })
    const first = Array.from({ length: 50 }, write)
    pair.run()
    waitWithin(pair, limit)
    const completed = first.map((writer) => writer.completed)
    if (how === 'stopped by the peer') for (const stream of pair.server.accepted) stream.stopSending()
    for (const { stream } of first) {
      if (how === 'reset') stream.reset()
      if (how === 'destroy') stream.destroy()
    }
    pair.run()
    expect([pair.client.core.sendBufferedBytes, pair.client.core.borrowedBytes]).toEqual([0, 0])
    // The write that waited has come back, once.
    expect(first.map((writer) => writer.completed)).toEqual(completed.map((count) => count + 1))
    const second = Array.from({ length: 50 }, write)
    pair.run()
    expect(waitWithin(pair, limit)).toBeGreaterThan(limit / 2)
    expect(second.some((writer) => writer.completed > 0)).toBe(true)
  })

  it('fail once when the session ends while they wait', () => {
    const pair = unreadPair(64 * KIBIBYTE)
    const writers = Array.from(
      { length: 100 },
      () => new Writer(pair.client, { pieces: 20, pieceBytes: 64 * KIBIBYTE }),
    )
    pair.run()
    waitWithin(pair, 64 * KIBIBYTE)
    const completed = writers.map((writer) => writer.completed)
    pair.disconnect(new Error('gone'))
    expect(writers.map(({ stopped, closed }) => [stopped, closed])).toEqual(writers.map(() => [1, 1]))
    expect(writers.map((writer) => writer.completed)).toEqual(completed.map((count) => count + 1))
    expect([pair.client.core.sendBufferedBytes, pair.client.core.borrowedBytes]).toEqual([0, 0])
  })
})
