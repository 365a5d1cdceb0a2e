import { duplexPair } from 'node:stream'
import type { ByteDuplex, ByteDuplexHandler } from '@astranet/interface'
import { fromNodeDuplex } from '@astranet/interface/node-duplex'
import { synchronousPair, type DuplexPair } from '@astranet/testkit'
import { describe, expect, it } from 'vitest'
import { Session, type SessionOptions, type Stream } from '../src/index.js'
import { pattern } from './support/recorder.js'

const pairs: [string, () => DuplexPair, Partial<SessionOptions>][] = [
  ['a synchronous pair', synchronousPair, {}],
  ['a synchronous pair without half-close', () => synchronousPair({ halfClose: false }), {}],
  ['a synchronous pair of messages', synchronousPair, { binding: 'messages' }],
  ["Node's duplexPair", nodePair, {}],
]

function nodePair(): DuplexPair {
  const [a, b] = duplexPair()
  return { a: fromNodeDuplex(a), b: fromNodeDuplex(b) }
}

/** Sends everything back that the stream brings, from inside `onData`. */
function echo(stream: Stream): void {
  stream.handle({
    onData: (each, chunk) => void each.write(chunk),
    onEnd: (each) => each.end(),
  })
}

/** Writes `bytes` at once, and resolves to what came back by the end. */
async function roundTrip(session: Session, bytes: Uint8Array): Promise<Uint8Array> {
  const stream = await session.openStream()
  const chunks: Uint8Array[] = []
  const over = new Promise<Error | undefined>((resolve) => {
    stream.handle({
      onData: (_, chunk) => void chunks.push(chunk),
      onEnd: () => undefined,
      onClose: (_, error) => resolve(error),
    })
  })
  stream.write(bytes)
  stream.end()
  expect(await over).toBe(undefined)
  return Buffer.concat(chunks)
}

describe.each(pairs)('sessions on %s', (_, createPair, options) => {
  function sessions(): [Session, Session] {
    const { a, b } = createPair()
    const common = { ...options, handler: { onStream: echo } }
    return [new Session(a, { ...common, role: 'client' }), new Session(b, { ...common, role: 'server' })]
  }

  it('carry streams both ways at once and close', async () => {
    const ends = sessions()
    for (const bytes of [1, 20_000, 1_000_000]) {
      await Promise.all(
        [...ends, ...ends].map(async (session, seed) => {
          const sent = pattern(bytes, seed)
          expect(Buffer.compare(await roundTrip(session, sent), sent)).toBe(0)
        }),
      )
    }
    ends[0].close()
    expect(await Promise.all(ends.map(({ closed }) => closed))).toEqual([undefined, undefined])
  })

  it('can be closed from inside what the other end brings, by both', async () => {
    const { a, b } = createPair()
    const close = (session: () => Session) => (stream: Stream) =>
      stream.handle({ onData: () => session().close(), onEnd: () => undefined })
    const client: Session = new Session(a, {
      ...options,
      role: 'client',
      handler: { onStream: close(() => client) },
    })
    const server: Session = new Session(b, {
      ...options,
      role: 'server',
      handler: { onStream: close(() => server) },
    })
    const streams = await Promise.all([client.openStream(), server.openStream()])
    for (const stream of streams) stream.write(pattern(10))
    const [near, far] = await Promise.all([client.closed, server.closed])
    // The one that was closed first was left with a stream that had not ended.
    expect([near, far].filter((reason) => reason === undefined).length).toBeGreaterThan(0)
  })

  it('can be destroyed from inside what the other end brings', async () => {
    const { a, b } = createPair()
    const reason = new Error('enough')
    const server: Session = new Session(b, {
      ...options,
      role: 'server',
      handler: {
        onStream: (stream) => stream.handle({ onData: () => server.destroy(reason), onEnd: () => undefined }),
      },
    })
    const client = new Session(a, { ...options, role: 'client' })
    const stream = await client.openStream()
    stream.write(pattern(10))
    expect(await server.closed).toBe(reason)
    // Node 20 does not tell the other end of its pair.
    client.destroy()
    await client.closed
  })
})

const ignore: ByteDuplexHandler = {
  onData: () => undefined,
  onDrain: () => undefined,
  onEnd: () => undefined,
  onClose: () => undefined,
}

describe('a session on a pipe that calls back from inside writev', () => {
  it('ends when the pipe breaks there', async () => {
    const { a, b } = synchronousPair()
    b.handle({ ...ignore, onData: () => b.abort(new Error('not today')) })
    const session = new Session(a, { role: 'client' })
    expect(await session.closed).toMatchObject({
      code: 'ASTRA_ERR_CONNECTION_LOST',
      cause: { code: 'ECONNRESET' },
    })
  })

  it('ends when the peer ends there', async () => {
    const { a, b } = synchronousPair()
    b.handle({ ...ignore, onData: () => b.end() })
    const session = new Session(a, { role: 'client' })
    expect(await session.closed).toBe(undefined)
  })

  it('ends when a foreign protocol answers there', async () => {
    const { a, b } = synchronousPair()
    b.handle({
      ...ignore,
      onData: () => void b.writev([new TextEncoder().encode('HTTP/1.1 400 Bad Request\r\n\r\n')]),
      onEnd: () => b.end(),
    })
    const session = new Session(a, { role: 'client' })
    expect(await session.closed).toMatchObject({ code: 'ASTRA_ERR_PROTOCOL' })
  })

  it('is made before it answers what waited in the pipe', async () => {
    const { a, b } = synchronousPair()
    const client = new Session(a, { role: 'client', handler: { onStream: echo } })
    const opening = client.openStream()
    // The client's first flush waits in the pipe.
    await new Promise((resolve) => setImmediate(resolve))
    let isMade = false
    let wasMade: boolean | undefined
    const server = new Session(b, {
      role: 'server',
      handler: {
        onStream: (stream) => {
          wasMade = isMade
          echo(stream)
        },
      },
    })
    isMade = true
    ;(await opening).write(pattern(1))
    await roundTrip(client, pattern(10))
    expect(wasMade).toBe(true)
    client.close()
    await server.closed
  })

  it('does not take the onDrain of what was written before it for its own', async () => {
    const { a, b } = synchronousPair()
    b.pause()
    const before = pattern(100_000)
    let isFirst = true
    const late: ByteDuplex = new Proxy(b, {
      get(target, name) {
        if (name !== 'handle') {
          const value: unknown = Reflect.get(target, name, target)
          return typeof value === 'function' ? (value.bind(target) as unknown) : value
        }
        // The first chunk was for somebody else.
        return (handler: ByteDuplexHandler) =>
          target.handle({
            ...ignore,
            onData: (chunk) => {
              if (isFirst) isFirst = false
              else handler.onData(chunk)
            },
            onDrain: () => handler.onDrain(),
            onEnd: () => handler.onEnd(),
            onClose: (reason) => handler.onClose(reason),
          })
      },
    })
    expect(a.writev([before])).toBe(false)
    const client = new Session(a, { role: 'client' })
    const server = new Session(late, { role: 'server', handler: { onStream: echo } })
    b.resume()
    const sent = pattern(300_000)
    expect(Buffer.compare(await roundTrip(client, sent), sent)).toBe(0)
    client.close()
    await server.closed
  })
})
