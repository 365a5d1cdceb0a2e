import { describe, expect, it } from 'vitest'
import { Session, type Stream } from '../src/index.js'
import { bytesOf, Recorder } from './support/recorder.js'
import { sessionPair, tcpPair } from './support/sessions.js'

describe('a session over TCP', () => {
  it('opens, accepts, echoes and closes', async () => {
    const { client, server } = await sessionPair()
    const near = await client.openStream()
    const recorder = new Recorder()
    const nearClosed = new Promise<void>((resolve) => {
      near.handle({
        onData: (stream, chunk) => recorder.onData(stream, chunk),
        onEnd: () => recorder.onEnd(),
        onClose: (stream, error) => (recorder.onClose(stream, error), resolve()),
      })
    })
    near.write(bytesOf('ping'))
    near.end()
    const far = await server.accept()
    const chunks: Uint8Array[] = []
    const done = new Promise<void>((resolve) => {
      far.handle({
        onData: (_stream, chunk) => void chunks.push(chunk),
        onEnd(stream) {
          for (const chunk of chunks) stream.write(chunk)
          stream.end()
        },
        onClose: () => resolve(),
      })
    })
    await Promise.all([done, nearClosed])
    client.close()
    expect([await client.closed, await server.closed]).toEqual([undefined, undefined])
    expect(recorder.text).toBe('ping')
    expect(recorder.events).toEqual(['data', 'end', 'close'])
  })

  it('opens at once what the peer allows, and later what it does not', async () => {
    const { client, server } = await sessionPair({ server: { maxConcurrentStreams: 2 } })
    expect([client.canOpenStream, client.tryOpenStream()]).toEqual([false, undefined])
    const a = await client.openStream()
    expect(client.canOpenStream).toBe(true)
    await client.openStream()
    expect([client.canOpenStream, client.tryOpenStream()]).toEqual([false, undefined])
    const third = client.openStream()
    const accepted = await server.accept()
    a.destroy()
    accepted.destroy()
    expect((await third).id).toBe(8)
    expect(client.openStreams).toBeGreaterThanOrEqual(2)
    expect(server.canOpenStream).toBe(true)
    server.close()
    expect(server.canOpenStream).toBe(false)
  })

  it('counts its bytes at both ends, those of frames included', async () => {
    const { client, server } = await sessionPair()
    const near = await client.openStream()
    near.handle({ onData: () => undefined, onEnd: () => undefined, onClose: () => undefined })
    near.write(new Uint8Array(100_000))
    near.end()
    const far = await server.accept()
    await new Promise<void>((resolve) => {
      far.handle({ onData: () => undefined, onEnd: () => resolve(), onClose: () => undefined })
    })
    client.close()
    await Promise.all([client.closed, server.closed])
    expect(server.receivedBytes).toBeGreaterThan(100_000)
    expect(server.receivedBytes).toBeLessThan(101_000)
    expect(server.receivedBytes).toBe(client.sentBytes)
    expect(client.receivedBytes).toBeLessThan(1_000)
    expect(client.receivedBytes).toBeGreaterThan(0)
  })

  it('lets those who wait give up, and serves the others in order', async () => {
    const { client, server } = await sessionPair({ server: { maxConcurrentStreams: 1 } })
    const first = await client.openStream()
    const controller = new AbortController()
    const given = client.openStream({ signal: controller.signal })
    const next = client.openStream()
    controller.abort(new Error('changed my mind'))
    await expect(given).rejects.toThrow('changed my mind')
    await expect(client.openStream({ signal: controller.signal })).rejects.toThrow('changed my mind')
    ;(await server.accept()).destroy()
    first.destroy()
    expect((await next).id).toBe(4)

    const accepting = new AbortController()
    await server.accept()
    const waiting = server.accept({ signal: accepting.signal })
    accepting.abort(new Error('closing time'))
    await expect(waiting).rejects.toThrow('closing time')
  })

  it('measures round trips, one for each call', async () => {
    const { client } = await sessionPair()
    const round = await Promise.all([client.ping(), client.ping(), client.ping()])
    for (const rttMs of round) expect(rttMs).toBeGreaterThan(0)
    expect(client.rttMs).toBeGreaterThan(0)
    expect(client.minRttMs).toBeLessThanOrEqual(client.rttMs as number)
  })

  it('fails everything that waits when it ends', async () => {
    const { client, server, sockets } = await sessionPair({ server: { maxConcurrentStreams: 1 } })
    const stream = await client.openStream()
    const recorder = new Recorder(stream)
    await server.accept()
    const waiting = [client.openStream(), client.accept(), client.ping(), server.accept()]
    const settled = Promise.allSettled(waiting)
    sockets[1].resetAndDestroy()
    for (const result of await settled) {
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'ASTRA_ERR_SESSION_OVER' } })
    }
    expect(await client.closed).toMatchObject({ code: 'ASTRA_ERR_CONNECTION_LOST' })
    expect(recorder.events).toEqual(['stop', 'reset', 'close'])
    for (const late of [client.openStream(), client.accept(), client.ping()]) {
      await expect(late).rejects.toMatchObject({ code: 'ASTRA_ERR_SESSION_OVER' })
    }
    expect(client.tryOpenStream()).toBe(undefined)
  })

  it('tells in this order: over, streams, close, each once', async () => {
    const events: string[] = []
    const { client, server } = await sessionPair({
      client: {
        handler: { onClosing: () => events.push('over'), onClose: () => events.push('close') },
      },
    })
    const note = (name: string) => (): void => void events.push(name)
    const stream = await client.openStream()
    stream.handle({ onData: () => {}, onEnd: () => {}, onReset: note('reset'), onClose: note('stream') })
    await server.accept()
    server.close(7, 'bye')
    server.close(8, 'again')
    expect(await client.closed).toMatchObject({ closeCode: 7, reason: 'bye' })
    client.close()
    client.destroy()
    expect(events).toEqual(['over', 'reset', 'stream', 'close'])
    expect(client.isClosed).toBe(true)
  })

  it('keeps what had arrived whole for accept, and ends iteration cleanly after it', async () => {
    const { client, server } = await sessionPair()
    const stream = await client.openStream({ isUnidirectional: true })
    stream.write(bytesOf('the last one'))
    stream.end()
    await new Promise<void>((resolve) =>
      stream.handle({ onData: () => {}, onEnd: () => {}, onClose: () => resolve() }),
    )
    client.close()
    await server.closed
    const texts: string[] = []
    for await (const accepted of server) texts.push(new Recorder(accepted).text)
    expect(texts).toEqual(['the last one'])
  })

  it('ends iteration with the error that it died of', async () => {
    const { server, sockets } = await sessionPair()
    const iteration = (async () => {
      for await (const stream of server) stream.destroy()
    })()
    sockets[0].write('GET / HTTP/1.1\r\n\r\n')
    await expect(iteration).rejects.toMatchObject({ cause: { code: 'ASTRA_ERR_PROTOCOL' } })
  })

  it('drains: open streams finish, new ones are refused, then it closes', async () => {
    const { client, server } = await sessionPair()
    const stream = await client.openStream()
    const recorder = new Recorder(stream)
    const far = await server.accept()
    const drained = server.drain()
    const refused = new Recorder(await client.openStream())
    stream.write(bytesOf('still here'))
    stream.end()
    new Recorder(far)
    far.end()
    await drained
    expect(await client.closed).toBe(undefined)
    expect(recorder.events).toEqual(['end', 'close'])
    expect(refused.events).toEqual(['stop', 'reset', 'close'])
  })

  it('survives thousands of streams in flight while it drains', async () => {
    const { client, server } = await sessionPair()
    const kept = await client.openStream()
    const far = await server.accept()
    const drained = server.drain()
    for (let i = 0; i < 3_000; i++) client.tryOpenStream()?.write(bytesOf('x'))
    await client.ping()
    expect(client.isClosing).toBe(false)
    kept.destroy()
    far.destroy()
    await drained
    expect(await client.closed).toBe(undefined)
  })

  it('is over as soon as it is destroyed, and its peer finds out', async () => {
    const { client, server } = await sessionPair()
    const recorder = new Recorder(await client.openStream())
    await server.accept()
    client.destroy(new Error('enough'))
    expect(client.isClosing).toBe(true)
    expect(client.tryOpenStream()).toBe(undefined)
    expect((await client.closed)?.message).toBe('enough')
    expect(await server.closed).toMatchObject({ code: 'ASTRA_ERR_CONNECTION_LOST' })
    expect(recorder.closeError?.message).toContain('enough')
  })

  it('can be disposed of more than once', async () => {
    const { client, server } = await sessionPair()
    await client[Symbol.asyncDispose]()
    await client[Symbol.asyncDispose]()
    await server[Symbol.asyncDispose]()
    expect([client.isClosed, server.isClosed]).toEqual([true, true])
  })

  it('takes bytes that were read before it', async () => {
    const [near, far] = await tcpPair()
    const client = new Session(near, { role: 'client' })
    const initialBytes = (await new Promise((resolve) => far.once('data', resolve))) as Uint8Array
    far.pause()
    const server = new Session(far, { role: 'server', initialBytes })
    const stream = await client.openStream()
    stream.write(bytesOf('x'))
    expect((await server.accept()).id).toBe(stream.id)
  })

  it('goes on when a handler of its own throws', async () => {
    const failures: unknown[] = []
    const listeners = process.rawListeners('uncaughtException') as ((error: Error) => void)[]
    process.removeAllListeners('uncaughtException')
    process.on('uncaughtException', (error) => failures.push(error))
    try {
      const broken = new Error('in a handler')
      const throwIt = (): never => {
        throw broken
      }
      const { client, server } = await sessionPair({
        client: { handler: { onStreamsAvailable: throwIt, onClosing: throwIt, onClose: throwIt } },
      })
      const stream = await client.openStream()
      stream.write(bytesOf('x'))
      await server.accept()
      server.close()
      await client.closed
      await new Promise((resolve) => setImmediate(resolve))
      expect(failures.length).toBeGreaterThanOrEqual(3)
      expect(new Set(failures)).toEqual(new Set([broken]))
    } finally {
      process.removeAllListeners('uncaughtException')
      for (const listener of listeners) process.on('uncaughtException', listener)
    }
  })

  it('does not hang on a peer that never reads what it writes nor ends', async () => {
    const [near, far] = await tcpPair()
    far.pause()
    const client = new Session(near, { role: 'client', closeTimeoutMs: 50, keepAliveIntervalMs: 0 })
    client.close()
    expect(await client.closed).toBe(undefined)
    far.destroy()
  })
})

describe('wrong arguments', () => {
  const CASES: [
    string,
    (session: Session, stream: Stream) => unknown,
    RegExp,
    typeof TypeError | typeof RangeError,
  ][] = [
    ['close code', (session) => session.close(-1), /code/, RangeError],
    ['close code type', (session) => session.close('1' as unknown as number), /code/, TypeError],
    ['close reason', (session) => session.close(0, 5 as unknown as string), /reason/, TypeError],
    ['urgency', (session) => session.tryOpenStream({ urgency: 8 }), /urgency/, RangeError],
    ['stream urgency', (_session, stream) => (stream.urgency = 2.5), /urgency/, RangeError],
    ['datagram', (session) => session.sendDatagram('x' as unknown as Uint8Array), /payload/, TypeError],
    ['write', (_session, stream) => stream.write('x' as unknown as Uint8Array), /bytes/, TypeError],
    ['consume', (_session, stream) => stream.consume(1), /bytes/, RangeError],
    ['consume type', (_session, stream) => stream.consume('1' as unknown as number), /bytes/, TypeError],
    ['require', (_session, stream) => stream.requireAtLeast(2 ** 40), /bytes/, RangeError],
    ['reset', (_session, stream) => stream.reset(1.5), /code/, RangeError],
    ['reset above 2^62', (_session, stream) => stream.reset(2n ** 62n), /code/, RangeError],
    ['stop', (_session, stream) => stream.stopSending(-1n), /code/, RangeError],
    ['destroy', (_session, stream) => stream.destroy({} as unknown as number), /code/, TypeError],
    ['reset at', (_session, stream) => stream.resetAt(10), /reliableSize/, RangeError],
    ['handler', (_session, stream) => stream.handle(undefined as unknown as Recorder), /handler/, TypeError],
  ]

  it('throw an error that names them, and nothing happens', async () => {
    const { client, server } = await sessionPair()
    const stream = await client.openStream()
    for (const [what, call, name, type] of CASES) {
      let thrown: unknown
      try {
        call(client, stream)
      } catch (error) {
        thrown = error
      }
      expect(thrown, what).toBeInstanceOf(type)
      expect((thrown as Error).message, what).toMatch(name)
    }
    await expect(client.openStream({ urgency: -1 })).rejects.toThrow(/urgency/)
    stream.write(bytesOf('fine'))
    expect(new Recorder(await server.accept()).events).toEqual([])
    expect(() => (stream.end(), stream.write(bytesOf('x')))).toThrow(
      expect.objectContaining({ code: 'ERR_STREAM_WRITE_AFTER_END' }),
    )
  })

  it('of openStream are found also when another caller waits for credit', async () => {
    const { client } = await sessionPair({ server: { maxConcurrentStreams: 1 } })
    await client.openStream()
    const waiting = client.openStream()
    await expect(client.openStream({ urgency: 8 })).rejects.toThrow(RangeError)
    client.destroy()
    await expect(waiting).rejects.toMatchObject({ code: 'ASTRA_ERR_SESSION_OVER' })
  })

  it('of the constructor name the option', async () => {
    const [near] = await tcpPair()
    const bad: [Record<string, unknown>, RegExp, typeof TypeError | typeof RangeError][] = [
      [{ role: 'peer' }, /role/, TypeError],
      [{ binding: 'frames' }, /binding/, TypeError],
      [{ handler: 5 }, /handler/, TypeError],
      [{ initialBytes: 'x' }, /initialBytes/, TypeError],
      [{ memoryBudget: {} }, /memoryBudget/, TypeError],
      [{ clock: {} }, /clock/, TypeError],
      [{ random: 1 }, /random/, TypeError],
      [{ maxReceiveBufferBytes: 1_000 }, /maxReceiveBufferBytes/, RangeError],
      [{ maxSendBufferBytes: -1 }, /maxSendBufferBytes/, RangeError],
      [{ sendHighWaterMarkBytes: 0 }, /sendHighWaterMarkBytes/, RangeError],
      [{ maxConcurrentStreams: 0.5 }, /maxConcurrentStreams/, RangeError],
      [{ maxConcurrentUniStreams: NaN }, /maxConcurrentUniStreams/, RangeError],
      [{ keepAliveIntervalMs: '1' }, /keepAliveIntervalMs/, TypeError],
      [{ deadPeerTimeoutMs: -1 }, /deadPeerTimeoutMs/, RangeError],
      [{ idleTimeoutMs: Infinity }, /idleTimeoutMs/, RangeError],
      [{ recordTimeoutMs: 2 ** 31 }, /recordTimeoutMs/, RangeError],
      [{ closeTimeoutMs: null }, /closeTimeoutMs/, TypeError],
      [{ unreadGraceMs: -5 }, /unreadGraceMs/, RangeError],
      [{ evictionCode: -1 }, /evictionCode/, RangeError],
      [{ maxRecordSizeBytes: 16_381 }, /maxRecordSizeBytes/, RangeError],
    ]
    for (const [option, name, type] of bad) {
      const make = (): Session => new Session(near, { role: 'client', ...option } as never)
      expect(make, JSON.stringify(option)).toThrow(type)
      expect(make, JSON.stringify(option)).toThrow(name)
    }
    expect(() => new Session(5 as never, { role: 'client' })).toThrow(/pipe/)
    expect(() => new Session(near, undefined as never)).toThrow(TypeError)
  })
})
