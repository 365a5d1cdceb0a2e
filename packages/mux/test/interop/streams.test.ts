import { describe, expect, it } from 'vitest'
import { StreamError as MoqStreamError } from '@moq/qmux'
import { chunksOf, toWebStreams, type Stream } from '../../src/index.js'
import { bytesOf, pattern } from '../support/recorder.js'
import { moqPair, ROLES } from './moq-pair.js'
import { next, outcomeOf, readAll, sha256, writeAll } from './web-streams.js'

const TEN_MEBIBYTES = 10 * 1024 * 1024

describe.each(ROLES)('with @moq/qmux, we as %s', (role) => {
  it('a bidirectional stream of ours carries bytes and ends both ways', async () => {
    const { ours, theirs } = await moqPair(role)
    const { readable, writable } = toWebStreams(await ours.openStream())
    await writeAll(writable, bytesOf('question'))
    const seen = await next(theirs.incomingBidirectionalStreams)
    expect((await readAll(seen.readable)).toString()).toBe('question')
    await writeAll(seen.writable, bytesOf('answer'))
    expect((await readAll(readable)).toString()).toBe('answer')
  })

  it('a bidirectional stream of theirs carries bytes and ends both ways', async () => {
    const { ours, theirs } = await moqPair(role)
    const { readable, writable } = await theirs.createBidirectionalStream()
    await writeAll(writable, bytesOf('question'))
    const stream = await ours.accept()
    expect((await readAll(chunksOf(stream))).toString()).toBe('question')
    stream.write(bytesOf('answer'))
    stream.end()
    expect((await readAll(readable)).toString()).toBe('answer')
  })

  it('unidirectional streams carry bytes each way', async () => {
    const { ours, theirs } = await moqPair(role)
    const stream = await ours.openStream({ isUnidirectional: true })
    stream.write(bytesOf('from us'))
    stream.end()
    expect((await readAll(await next(theirs.incomingUnidirectionalStreams))).toString()).toBe('from us')
    await writeAll(await theirs.createUnidirectionalStream(), bytesOf('from them'))
    const accepted = await ours.accept()
    expect(accepted).toMatchObject({ isUnidirectional: true, canSend: false })
    expect((await readAll(chunksOf(accepted))).toString()).toBe('from them')
  })

  it('a direction that was ended leaves the other one open, on either side', async () => {
    const { ours, theirs } = await moqPair(role)
    const stream = await ours.openStream()
    stream.end()
    const seen = await next(theirs.incomingBidirectionalStreams)
    expect(await readAll(seen.readable)).toHaveLength(0)
    const sent = writeAll(seen.writable, pattern(100_000))
    expect(sha256(await readAll(chunksOf(stream)))).toBe(sha256(pattern(100_000)))
    await sent

    const { readable, writable } = await theirs.createBidirectionalStream()
    await writable.close()
    const accepted = await ours.accept()
    expect(await readAll(chunksOf(accepted))).toHaveLength(0)
    const answered = writeAll(toWebStreams(accepted).writable, pattern(100_000))
    expect(sha256(await readAll(readable))).toBe(sha256(pattern(100_000)))
    await answered
  })

  it('a reset of ours reaches their reader with its code', async () => {
    const { ours, theirs } = await moqPair(role)
    const stream = await ours.openStream()
    stream.write(bytesOf('beginning'))
    const seen = await next(theirs.incomingBidirectionalStreams)
    const reader = seen.readable.getReader()
    expect((await reader.read()).value).toEqual(bytesOf('beginning'))
    stream.reset(1234)
    await expect(reader.read()).rejects.toMatchObject({ source: 'stream', streamErrorCode: 1234 })
  })

  it('a reset of theirs reaches our handler with its code, the largest they have included', async () => {
    const { ours, theirs } = await moqPair(role)
    for (const code of [0, 26, 0xffff_ffff]) {
      const { writable } = await theirs.createBidirectionalStream()
      const writer = writable.getWriter()
      await writer.write(bytesOf('beginning'))
      const stream = await ours.accept()
      const outcome = outcomeOf(stream)
      await writer.abort(new MoqStreamError(code))
      stream.end()
      expect(await outcome).toMatchObject({
        isEnded: false,
        reset: { code: 'ECONNRESET', applicationCode: code },
      })
    }
  })

  // Their API narrows codes to 32 bits, as WebTransport's does; on the wire they are of 62.
  it('a code wider than their API has arrives there cut to 32 bits', async () => {
    const { ours, theirs } = await moqPair(role)
    const stream = await ours.openStream()
    stream.write(bytesOf('x'))
    const reader = (await next(theirs.incomingBidirectionalStreams)).readable.getReader()
    await reader.read()
    stream.reset(2n ** 61n + 5n)
    await expect(reader.read()).rejects.toMatchObject({ streamErrorCode: 5 })
  })

  it('their STOP_SENDING stops our writing with its code, and our reset answers it', async () => {
    const { ours, theirs } = await moqPair(role)
    const stream = await ours.openStream()
    const outcome = outcomeOf(stream)
    stream.write(pattern(1_000_000))
    const seen = await next(theirs.incomingBidirectionalStreams)
    await seen.readable.cancel(new MoqStreamError(7))
    await seen.writable.close()
    expect(await outcome).toMatchObject({ isEnded: true, stopped: { code: 'EPIPE', applicationCode: 7 } })
    expect(ours.openStreams).toBe(0)
  })

  it('our STOP_SENDING stops their writing with its code, and their reset answers it', async () => {
    const { ours, theirs } = await moqPair(role)
    const { writable } = await theirs.createBidirectionalStream()
    const writer = writable.getWriter()
    await writer.write(bytesOf('beginning'))
    const stream = await ours.accept()
    const outcome = outcomeOf(stream)
    stream.stopSending(9)
    stream.end()
    await expect(writer.closed).rejects.toMatchObject({ streamErrorCode: 9 })
    await outcome
    // The stream's record stays until their reset is here, and that comes before the answer to this.
    await ours.ping()
    expect(ours.openStreams).toBe(0)
  })

  it('10 MiB each way at once on one stream arrive whole', async () => {
    const { ours, theirs } = await moqPair(role)
    const up = pattern(TEN_MEBIBYTES, 1)
    const down = pattern(TEN_MEBIBYTES, 2)
    const { readable, writable } = toWebStreams(await ours.openStream())
    const sent = writeAll(writable, up, 300_000)
    const seen = await next(theirs.incomingBidirectionalStreams)
    const [, , received, seenBytes] = await Promise.all([
      sent,
      writeAll(seen.writable, down, 100_000),
      readAll(readable),
      readAll(seen.readable),
    ])
    expect(sha256(received)).toBe(sha256(down))
    expect(sha256(seenBytes)).toBe(sha256(up))
  })

  it('1,000 streams each way, ten times what may be open at once, all answer', async () => {
    const { ours, theirs } = await moqPair(role, { ours: { maxConcurrentStreams: 100 } })
    const isDone = Promise.all([
      answerTheirs(ours, 1_000),
      answerOurs(theirs.incomingBidirectionalStreams, 1_000),
    ])
    const answers = await Promise.all(
      Array.from({ length: 1_000 }, async (_, i) => [
        await exchange(toWebStreams(await ours.openStream()), `our ${i}`),
        await exchange(await theirs.createBidirectionalStream(), `their ${i}`),
      ]),
    )
    expect(answers).toEqual(Array.from({ length: 1_000 }, (_, i) => [`our ${i}`, `their ${i}`]))
    await isDone
  })

  it('1,000 streams are open at once each way', async () => {
    const { ours, theirs } = await moqPair(role, { theirs: { maxStreamsBidi: 1_000n } })
    const isDone = Promise.all([
      answerTheirs(ours, 1_000),
      answerOurs(theirs.incomingBidirectionalStreams, 1_000),
    ])
    const own = await Promise.all(Array.from({ length: 1_000 }, () => ours.openStream()))
    const their = await Promise.all(Array.from({ length: 1_000 }, () => theirs.createBidirectionalStream()))
    expect(ours.openStreams).toBeGreaterThanOrEqual(1_000)
    for (const [i, stream] of own.entries())
      expect(await exchange(toWebStreams(stream), `our ${i}`)).toBe(`our ${i}`)
    for (const [i, stream] of their.entries()) expect(await exchange(stream, `their ${i}`)).toBe(`their ${i}`)
    await isDone
  })
})

interface Sides {
  readonly readable: ReadableStream<Uint8Array>
  readonly writable: WritableStream<Uint8Array>
}

/** Sends `text` and returns the whole answer. */
async function exchange({ readable, writable }: Sides, text: string): Promise<string> {
  await writeAll(writable, bytesOf(text))
  return (await readAll(readable)).toString()
}

/** Echoes `count` streams that they open. */
async function answerTheirs(ours: { accept(): Promise<Stream> }, count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, async () => echo(toWebStreams(await ours.accept()))))
}

/** Has them echo `count` streams that we open. */
async function answerOurs(incoming: ReadableStream<Sides>, count: number): Promise<void> {
  const reader = incoming.getReader()
  const echoes: Promise<void>[] = []
  for (let i = 0; i < count; i++) echoes.push(echo((await reader.read()).value as Sides))
  await Promise.all(echoes)
}

async function echo({ readable, writable }: Sides): Promise<void> {
  await writeAll(writable, await readAll(readable))
}
