import { describe, expect, it } from 'vitest'
import { Session, toWebStreams, type WebStreams } from '../src/index.js'
import { bytesOf, pattern, Recorder } from './support/recorder.js'
import { sessionPair, turns } from './support/sessions.js'

async function webPair(): Promise<{ near: WebStreams; far: WebStreams; client: Session; server: Session }> {
  const { client, server } = await sessionPair()
  const near = toWebStreams(await client.openStream())
  return { near, far: toWebStreams(await server.accept()), client, server }
}

async function read(readable: ReadableStream<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of readable as unknown as AsyncIterable<Uint8Array>) chunks.push(chunk)
  return Buffer.concat(chunks)
}

describe('Web Streams of a stream', () => {
  it('carry bytes both ways, close, and give bytes back when a write resolves', async () => {
    const { near, far } = await webPair()
    const echo = far.readable.pipeTo(far.writable)
    const received = read(near.readable)
    const writer = near.writable.getWriter()
    const buffer = new Uint8Array(70_000)
    const sent: Buffer[] = []
    for (let round = 0; round < 20; round++) {
      buffer.set(pattern(buffer.length, round))
      sent.push(Buffer.from(buffer))
      await writer.write(buffer)
      buffer.fill(0xee)
    }
    await writer.close()
    expect(Buffer.compare(await received, Buffer.concat(sent))).toBe(0)
    await echo
  })

  it('give chunks of their own, which keep no more memory than they have bytes', async () => {
    const { client, server } = await sessionPair()
    const near = await client.openStream()
    near.write(bytesOf('small'))
    near.end()
    const initialBytes = Buffer.from('a Buffer of a pool').subarray(2, 8)
    const { readable } = toWebStreams(await server.accept(), { initialBytes })
    const seen: [string, number][] = []
    for await (const chunk of readable as unknown as AsyncIterable<Uint8Array>)
      seen.push([Buffer.from(chunk).toString(), chunk.buffer.byteLength])
    expect(seen).toEqual([
      ['Buffer', 6],
      ['small', 5],
    ])
  })

  it('hold the writer back while nobody reads', async () => {
    const { near, far, client } = await webPair()
    const writer = near.writable.getWriter()
    let isDone = false
    const written = writer.write(pattern(3_000_000)).then(() => (isDone = true))
    for (let i = 0; i < 5; i++) await client.ping()
    expect(isDone).toBe(false)
    const received = read(far.readable)
    await written
    await writer.close()
    expect((await received).length).toBe(3_000_000)
  })

  it('turn cancel into STOP_SENDING and abort into RESET_STREAM, also behind a write under way', async () => {
    const { client, server } = await sessionPair()
    const stream = await client.openStream()
    const near = toWebStreams(stream)
    const recorder = new Recorder(await server.accept())
    const writer = near.writable.getWriter()
    const written = writer.write(pattern(5_000_000)).catch(() => {})
    await near.readable.cancel()
    await writer.abort(new Error('enough'))
    await written
    await client.ping()
    expect(recorder.stopError).toMatchObject({ code: 'EPIPE' })
    expect(recorder.resetError).toMatchObject({ code: 'ECONNRESET' })
  })

  it('abort a write that the peer holds up', async () => {
    const { client, server } = await sessionPair()
    const near = toWebStreams(await client.openStream())
    const far = await server.accept()
    const writer = near.writable.getWriter()
    // More than is copied when credit is missing, however long this takes.
    const written = writer.write(pattern(3_000_000))
    for (let i = 0; i < 3; i++) await client.ping()
    const failed = expect(written).rejects.toThrow('too slow')
    await writer.abort(new Error('too slow'))
    await failed
    await client.ping()
    expect(new Recorder(far).events).toContain('reset')
  })

  it('turn the peer’s reset and stop into errors with their codes', async () => {
    const { client, server } = await sessionPair()
    const near = toWebStreams(await client.openStream())
    const far = await server.accept()
    far.reset(5)
    far.stopSending(6)
    await expect(near.readable.getReader().read()).rejects.toMatchObject({
      code: 'ECONNRESET',
      applicationCode: 5,
    })
    await expect(near.writable.getWriter().closed).rejects.toMatchObject({
      code: 'EPIPE',
      applicationCode: 6,
    })
    await expect(near.closed).rejects.toMatchObject({ code: 'ECONNRESET', applicationCode: 5 })
  })

  it('tell what errorOf makes of an error, which knows of a reset that comes along', async () => {
    const { client, server } = await sessionPair()
    const near = toWebStreams(await client.openStream(), {
      errorOf: (error, syscall, reset) => new Error(`${syscall}: ${(reset ?? error).message}`),
    })
    const far = await server.accept()
    const results = Promise.allSettled([
      near.readable.getReader().read(),
      near.writable.getWriter().write(pattern(1_000_000)),
      near.closed,
    ])
    far.destroy(5)
    const reset = `stream ${far.id} was reset by the peer with code 5`
    expect((await results).map((result) => result.status === 'rejected' && String(result.reason))).toEqual(
      ['read', 'write', 'read'].map((syscall) => `Error: ${syscall}: ${reset}`),
    )
  })

  it('fail with the session, readers and writers that wait included', async () => {
    const { near, server, client } = await webPair()
    const results = Promise.allSettled([
      near.readable.getReader().read(),
      near.writable.getWriter().write(pattern(3_000_000)),
    ])
    await turns(2)
    server.destroy()
    const [reading, writing] = await results
    expect(reading).toMatchObject({ status: 'rejected', reason: { code: 'ECONNRESET' } })
    expect(writing).toMatchObject({ status: 'rejected', reason: { code: 'ECONNRESET' } })
    await client.closed
  })

  it('reset the stream when something else than bytes is written', async () => {
    const { client, server } = await sessionPair()
    const near = toWebStreams(await client.openStream())
    const recorder = new Recorder(await server.accept())
    const writer = near.writable.getWriter()
    await writer.write(bytesOf('good'))
    await expect(writer.write('bad' as unknown as Uint8Array)).rejects.toThrow(/bytes/)
    await client.ping()
    expect(recorder.events).toContain('reset')
  })

  it('of a unidirectional stream have one direction only', async () => {
    const { client, server } = await sessionPair()
    const near = toWebStreams(await client.openStream({ isUnidirectional: true }))
    const far = toWebStreams(await server.accept())
    expect((await near.readable.getReader().read()).done).toBe(true)
    await expect(far.writable.getWriter().closed).rejects.toThrow(/unidirectional/)
    const writer = near.writable.getWriter()
    await writer.write(bytesOf('one way'))
    await writer.close()
    expect((await read(far.readable)).toString()).toBe('one way')
  })

  it('begin with bytes that were read before', async () => {
    const { client, server } = await sessionPair()
    const stream = await client.openStream()
    stream.write(bytesOf('later'))
    stream.end()
    const early = bytesOf('early, ')
    const far = toWebStreams(await server.accept(), { initialBytes: early })
    early.fill(0)
    expect((await read(far.readable)).toString()).toBe('early, later')
  })

  it('give credit back for a whole window that was read before', async () => {
    const { client, server } = await sessionPair()
    const stream = await client.openStream()
    stream.write(pattern(100_000))
    stream.end()
    const accepted = await server.accept()
    const far = await new Promise<WebStreams>((resolve) => {
      accepted.handle({
        onData: (from, chunk) => resolve(toWebStreams(from, { initialBytes: chunk })),
        onEnd: () => {},
      })
    })
    expect(Buffer.compare(await read(far.readable), pattern(100_000))).toBe(0)
  })

  it('say when both directions are over, and why', async () => {
    const ended = await webPair()
    await Promise.all([ended.near.writable.close(), ended.far.writable.close()])
    await Promise.all([read(ended.near.readable), read(ended.far.readable)])
    expect(await ended.near.closed).toBe(undefined)

    const reset = await webPair()
    await reset.near.writable.close()
    await Promise.all([read(reset.far.readable), reset.far.writable.abort(new Error('enough'))])
    await expect(reset.near.closed).rejects.toMatchObject({ code: 'ECONNRESET' })
  })

  it('can be given up: what was written arrives and ends, what waits here fails', async () => {
    const { near, far } = await webPair()
    await near.writable.getWriter().write(bytesOf('all of it'))
    const reading = near.readable.getReader().read()
    near.destroy()
    near.destroy()
    await expect(reading).rejects.toMatchObject({ code: 'ECONNABORTED' })
    expect((await read(far.readable)).toString()).toBe('all of it')
    await expect(far.writable.getWriter().closed).rejects.toMatchObject({ code: 'EPIPE' })
    expect(await near.closed).toBe(undefined)
  })

  it('given up during a write show the peer a reset, not an end', async () => {
    const { near, far } = await webPair()
    const writing = near.writable.getWriter().write(pattern(3_000_000))
    await turns(2)
    near.destroy()
    await expect(writing).rejects.toMatchObject({ code: 'ECONNABORTED' })
    await expect(read(far.readable)).rejects.toMatchObject({ code: 'ECONNRESET' })
  })

  it('given up while chunks wait in the writable show the peer a reset, too', async () => {
    const { near, far } = await webPair()
    const writer = near.writable.getWriter()
    const writes = Promise.allSettled([1, 2, 3].map((seed) => writer.write(pattern(100_000, seed))))
    near.destroy()
    expect((await writes).every(({ status }) => status === 'rejected')).toBe(true)
    await expect(read(far.readable)).rejects.toMatchObject({ code: 'ECONNRESET' })
  })

  it('are what a session can run on as well', async () => {
    const there = new TransformStream<Uint8Array, Uint8Array>()
    const back = new TransformStream<Uint8Array, Uint8Array>()
    const client = new Session({ readable: back.readable, writable: there.writable }, { role: 'client' })
    const server = new Session({ readable: there.readable, writable: back.writable }, { role: 'server' })
    const near = toWebStreams(await client.openStream())
    const far = toWebStreams(await server.accept())
    const echo = far.readable.pipeTo(far.writable)
    const received = read(near.readable)
    const writer = near.writable.getWriter()
    const sent = pattern(1_000_000)
    for (let at = 0; at < sent.length; at += 100_000) await writer.write(sent.subarray(at, at + 100_000))
    await writer.close()
    expect(Buffer.compare(await received, sent)).toBe(0)
    await echo
    client.close(3, 'done')
    expect(await client.closed).toBe(undefined)
    expect(await server.closed).toMatchObject({ closeCode: 3, reason: 'done' })
  })

  it('can carry a session inside a session', async () => {
    const { near, far } = await webPair()
    const inner = [new Session(near, { role: 'client' }), new Session(far, { role: 'server' })] as const
    const stream = await inner[0].openStream()
    stream.write(bytesOf('deep'))
    stream.end()
    const accepted = await inner[1].accept()
    const text = await new Promise<string>((resolve) => {
      const recorder = new Recorder()
      accepted.handle({
        onData: (from, chunk) => recorder.onData(from, chunk),
        onEnd: () => resolve(recorder.text),
      })
    })
    expect(text).toBe('deep')
    inner[0].close()
    await Promise.all(inner.map((session) => session.closed))
  })
})
