import { describe, expect, it } from 'vitest'
import { chunksOf, toWebStreams, type Session, type Stream } from '../../src/index.js'
import { bytesOf, pattern } from '../support/recorder.js'
import { moqPair, ROLES, THEIR_SESSION_WINDOW_BYTES, THEIR_STREAM_WINDOW_BYTES } from './moq-pair.js'
import { next, readAll, sha256, writeAll } from './web-streams.js'

const MEBIBYTE = 1024 * 1024

/** The window that every stream of ours begins with. */
const OUR_FIRST_WINDOW_BYTES = 16_384

/** What we keep back of their session's window for streams of urgency 0. */
const RESERVED_BYTES = 65_536

describe.each(ROLES)('with @moq/qmux, we as %s', (role) => {
  it('stops at the window of a stream they do not read, and goes on when they do', async () => {
    const { ours, theirs } = await moqPair(role)
    const stream = await ours.openStream()
    stream.write(pattern(MEBIBYTE))
    stream.end()
    await quiet(ours)
    expect(MEBIBYTE - stream.bufferedBytes).toBe(THEIR_STREAM_WINDOW_BYTES)
    const seen = await next(theirs.incomingBidirectionalStreams)
    expect(sha256(await readAll(seen.readable))).toBe(sha256(pattern(MEBIBYTE)))
  })

  it('stops at the window of their session, except for urgency 0, and goes on when they read', async () => {
    const { ours, theirs } = await moqPair(role)
    const streams = await Promise.all(Array.from({ length: 6 }, () => ours.openStream()))
    for (const [i, stream] of streams.entries()) {
      stream.write(pattern(THEIR_STREAM_WINDOW_BYTES, i))
      stream.end()
    }
    await quiet(ours)
    expect(sent(streams, 6)).toBe(THEIR_SESSION_WINDOW_BYTES - RESERVED_BYTES)
    const urgent = await ours.openStream({ urgency: 0 })
    urgent.write(bytesOf('urgent'))
    urgent.end()
    await quiet(ours)
    expect(urgent.bufferedBytes).toBe(0)
    // Together: they renew the session's window once half of it was read, and each stream holds a part of it.
    const incoming = theirs.incomingBidirectionalStreams.getReader()
    const seen = await Promise.all(Array.from({ length: 7 }, async () => (await incoming.read()).value))
    const bodies = await Promise.all(
      seen.map(async (each) => sha256(await readAll(each?.readable as ReadableStream<Uint8Array>))),
    )
    const wanted = [...streams.map((_, i) => pattern(THEIR_STREAM_WINDOW_BYTES, i)), bytesOf('urgent')]
    expect(bodies.sort()).toEqual(wanted.map(sha256).sort())
  })

  it('they stop at the window of a stream we do not read, and go on when we do', async () => {
    const { ours, theirs } = await moqPair(role)
    const { writable } = await theirs.createBidirectionalStream()
    const written = writeAll(writable, pattern(MEBIBYTE))
    const stream = await ours.accept()
    await quiet(ours)
    expect(stream.unreadBytes).toBe(OUR_FIRST_WINDOW_BYTES)
    expect(sha256(await readAll(chunksOf(stream)))).toBe(sha256(pattern(MEBIBYTE)))
    await written
  })

  it('both stand still when neither reads, and both finish when both read', async () => {
    const { ours, theirs } = await moqPair(role)
    const stream = await ours.openStream()
    stream.write(pattern(MEBIBYTE, 1))
    stream.end()
    const seen = await next(theirs.incomingBidirectionalStreams)
    const written = writeAll(seen.writable, pattern(MEBIBYTE, 2))
    await quiet(ours)
    expect(stream.unreadBytes).toBe(OUR_FIRST_WINDOW_BYTES)
    expect(MEBIBYTE - stream.bufferedBytes).toBe(THEIR_STREAM_WINDOW_BYTES)
    const [own, their] = await Promise.all([readAll(chunksOf(stream)), readAll(seen.readable), written])
    expect(sha256(own)).toBe(sha256(pattern(MEBIBYTE, 2)))
    expect(sha256(their)).toBe(sha256(pattern(MEBIBYTE, 1)))
  })

  // One is all they can leave unread: they renew the session's window only when half of it was read.
  it('a stream they do not read holds back no stream they read', async () => {
    const { ours, theirs } = await moqPair(role)
    const idle = await ours.openStream()
    idle.write(pattern(MEBIBYTE))
    const busy = toWebStreams(await ours.openStream())
    const written = writeAll(busy.writable, pattern(4 * MEBIBYTE, 5))
    const incoming = theirs.incomingBidirectionalStreams.getReader()
    const seen = await Promise.all([0, 1].map(async () => (await incoming.read()).value))
    // The streams come in the order of their ids.
    const bytes = await readAll(seen[1]?.readable as ReadableStream<Uint8Array>)
    expect(sha256(bytes)).toBe(sha256(pattern(4 * MEBIBYTE, 5)))
    await written
    expect(MEBIBYTE - idle.bufferedBytes).toBe(THEIR_STREAM_WINDOW_BYTES)
  })

  it('a stream waits for their MAX_STREAMS and opens when they have finished others', async () => {
    const { ours, theirs } = await moqPair(role, { theirs: { maxStreamsUni: 2n } })
    const open = (): Promise<Stream> => ours.openStream({ isUnidirectional: true })
    const first = await Promise.all([open(), open()])
    expect(ours.tryOpenStream({ isUnidirectional: true })).toBeUndefined()
    const third = open()
    for (const stream of first) {
      stream.end()
      await readAll(await next(theirs.incomingUnidirectionalStreams))
    }
    const stream = await third
    stream.write(bytesOf('third'))
    stream.end()
    expect((await readAll(await next(theirs.incomingUnidirectionalStreams))).toString()).toBe('third')
  })
})

/** Two round trips: what could be sent was sent, and what they could answer at once is here. */
async function quiet(session: Session): Promise<void> {
  await session.ping()
  await session.ping()
}

function sent(streams: readonly Stream[], windows: number): number {
  return windows * THEIR_STREAM_WINDOW_BYTES - streams.reduce((sum, stream) => sum + stream.bufferedBytes, 0)
}
