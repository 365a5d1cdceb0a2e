import { createHash } from 'node:crypto'
import { connect, createServer, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import { describe, expect, it, onTestFinished } from 'vitest'
import { toDuplex as makeDuplex, type StreamDuplex } from '../src/duplex.js'
import { Session, type Stream, type StreamHandler } from '../src/index.js'
import { bytesOf, pattern, Recorder } from './support/recorder.js'
import { sessionPair } from './support/sessions.js'

/** A Duplex that does not mind being cut off when the test is over. */
function toDuplex(stream: Stream): StreamDuplex {
  const duplex = makeDuplex(stream)
  onTestFinished(() => void duplex.on('error', () => {}))
  return duplex
}

/** Answers every stream with what it sends. */
const echo: StreamHandler = {
  onData(stream, chunk) {
    if (!stream.write(chunk.slice())) stream.pause()
  },
  onWritable: (stream) => stream.resume(),
  onEnd: (stream) => stream.end(),
}

describe('over one TCP connection', () => {
  it('100,000 streams are open at once, and each gets its own bytes back', async () => {
    const count = 100_000
    const { client } = await sessionPair({
      server: { handler: { onStream: (stream) => stream.handle(echo) } },
    })
    let wrong = 0
    let answered = 0
    let closed = 0
    let allAnswered!: () => void
    let allClosed!: () => void
    const answers = new Promise<void>((resolve) => (allAnswered = resolve))
    const closes = new Promise<void>((resolve) => (allClosed = resolve))
    const handler: StreamHandler = {
      onData(stream, chunk) {
        // A read of the socket may end anywhere.
        const text = `${(stream.context as string | undefined) ?? ''}${Buffer.from(chunk).toString()}`
        stream.context = text
        if (text.length < `stream ${stream.id}`.length) return
        if (text !== `stream ${stream.id}`) wrong += 1
        if (++answered === count) allAnswered()
      },
      onEnd: () => {},
      onClose: (_stream, error) => {
        if (error !== undefined) wrong += 1
        if (++closed === count) allClosed()
      },
    }
    const streams: Stream[] = []
    while (streams.length < count) {
      const stream = client.tryOpenStream() ?? (await client.openStream())
      stream.handle(handler)
      stream.write(bytesOf(`stream ${stream.id}`))
      streams.push(stream)
    }
    await answers
    expect(client.openStreams).toBe(count)
    for (const stream of streams) stream.end()
    await closes
    expect([wrong, client.openStreams]).toEqual([0, 0])
  })

  it('10 MiB go each way at once, whole', async () => {
    const { client, server } = await sessionPair()
    const near = toDuplex(await client.openStream())
    const far = toDuplex(await server.accept())
    const sides = [near, far].map(async (duplex, seed) => {
      const sent = createHash('sha256')
      const got = createHash('sha256')
      duplex.on('data', (chunk: Uint8Array) => got.update(chunk))
      const ended = once(duplex, 'end')
      for (let i = 0; i < 160; i++) {
        const chunk = pattern(65_536, seed * 1_000 + i)
        sent.update(chunk)
        if (!duplex.write(chunk)) await once(duplex, 'drain')
      }
      duplex.end()
      await ended
      return { sent: sent.digest('hex'), got: got.digest('hex') }
    })
    const [a, b] = await Promise.all(sides)
    expect(a?.got).toBe(b?.sent)
    expect(b?.got).toBe(a?.sent)
  })

  it('a stream that nobody reads does not stop another one', async () => {
    const { client, server } = await sessionPair()
    const slow = await client.openStream()
    slow.write(pattern(5_000_000))
    await server.accept()
    const fast = toDuplex(await client.openStream())
    fast.end(pattern(5_000_000, 1))
    let bytes = 0
    for await (const chunk of toDuplex(await server.accept())) bytes += (chunk as Uint8Array).length
    expect(bytes).toBe(5_000_000)
    expect(slow.bufferedBytes).toBeGreaterThan(4_900_000)
  })

  it('an urgent stream goes while bulk has used up the credit', async () => {
    const { client, server } = await sessionPair({
      server: { maxReceiveBufferBytes: 131_072, unreadGraceMs: 2 ** 31 - 1 },
    })
    for (let i = 0; i < 10; i++) (await client.openStream()).write(pattern(100_000, i))
    for (let i = 0; i < 5; i++) await client.ping()
    const urgent = await client.openStream({ urgency: 0 })
    urgent.write(pattern(4_096))
    urgent.end()
    let far = await server.accept()
    while (far.id !== urgent.id) far = await server.accept()
    const received = await new Promise<Uint8Array>((resolve) => {
      const recorder = new Recorder()
      far.handle({
        onData: (stream, chunk) => recorder.onData(stream, chunk),
        onEnd: () => resolve(recorder.bytes),
      })
    })
    expect(Buffer.compare(received, pattern(4_096))).toBe(0)
  })

  it('a foreign client is shown out, and the other sessions go on', async () => {
    const sessions: Session[] = []
    const listener = createServer({ allowHalfOpen: true }, (socket) => {
      sessions.push(
        new Session(socket, { role: 'server', handler: { onStream: (stream) => stream.handle(echo) } }),
      )
    })
    listener.listen(0, '127.0.0.1')
    await once(listener, 'listening')
    const { port } = listener.address() as AddressInfo
    const dial = (): ReturnType<typeof connect> => connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    const good = new Session(dial(), { role: 'client' })
    const stream = toDuplex(await good.openStream())
    stream.write('before')
    await once(stream, 'data')

    const foreign = dial()
    foreign.write('GET / HTTP/1.1\r\nHost: example\r\n\r\n')
    foreign.resume()
    await once(foreign, 'end')
    foreign.end()
    const [, bad] = sessions
    const reason = await bad?.closed
    expect(reason).toMatchObject({ code: 'ASTRA_ERR_PROTOCOL' })
    expect(reason?.message).toMatch(/QMux/)

    stream.end('after')
    const [answer] = (await once(stream, 'data')) as [Buffer]
    expect(answer.toString()).toBe('after')
    good.close()
    await good.closed
    listener.close()
    await once(listener, 'close')
  })
})
