import { once } from 'node:events'
import { finished, pipeline } from 'node:stream/promises'
import { type Duplex, Readable, type Writable } from 'node:stream'
import { describe, expect, it, onTestFinished } from 'vitest'
import { toDuplex, type DuplexOptions, type StreamDuplex } from '../src/duplex.js'
import type { Session, Stream } from '../src/index.js'
import { bytesOf, pattern, Recorder } from './support/recorder.js'
import { sessionPair, turns } from './support/sessions.js'

interface Ends {
  near: StreamDuplex
  far: StreamDuplex
  client: Session
  server: Session
}

async function duplexPair(options: { near?: DuplexOptions; far?: DuplexOptions } = {}): Promise<Ends> {
  const { client, server } = await sessionPair()
  const near = toDuplex(await client.openStream(), options.near)
  const far = toDuplex(await server.accept(), options.far)
  ignoreErrors(near, far)
  return { near, far, client, server }
}

/** The sockets are cut off when the test is over. */
function ignoreErrors(...duplexes: Duplex[]): void {
  onTestFinished(() => duplexes.forEach((duplex) => duplex.on('error', () => {})))
}

async function rawPair(): Promise<{ near: Stream; far: Stream; client: Session; server: Session }> {
  const { client, server } = await sessionPair()
  const near = await client.openStream()
  return { near, far: await server.accept(), client, server }
}

async function read(readable: Readable): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of readable) chunks.push(chunk as Uint8Array)
  return Buffer.concat(chunks)
}

/** Like `read`, for a Duplex that goes on: an iteration destroys it at its end. */
function readDirection(duplex: Duplex): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  return new Promise((resolve, reject) => {
    duplex.on('data', (chunk: Uint8Array) => chunks.push(chunk))
    duplex.on('end', () => resolve(Buffer.concat(chunks)))
    duplex.on('error', reject)
  })
}

/** Names of the events that matter, as they come. */
function listen(duplex: Duplex): string[] {
  const events: string[] = []
  for (const name of ['end', 'finish', 'close', 'drain']) duplex.on(name, () => events.push(name))
  duplex.on('error', (error: Error & { code?: string }) => events.push(`error ${error.code}`))
  return events
}

/** Resolves when `'close'` has come, which `listen` notes. */
async function untilClosed(events: string[]): Promise<void> {
  while (!events.includes('close')) await turns(1)
}

/** Resolves when `condition` holds, looking after each round trip. */
async function until(condition: () => boolean, session: Session): Promise<void> {
  while (!condition()) await session.ping()
}

function write(writable: Writable, bytes: Uint8Array): Promise<Error | null | undefined> {
  return new Promise((resolve) => writable.write(bytes, resolve))
}

describe('a Duplex', () => {
  it('carries bytes both ways at once and closes when both have ended', async () => {
    const { near, far } = await duplexPair()
    const events = listen(near)
    const sent = pattern(3_000_000)
    far.pipe(far)
    near.end(sent)
    expect(Buffer.compare(await read(near), sent)).toBe(0)
    await untilClosed(events)
    expect(events.filter((name) => name !== 'drain')).toEqual(['finish', 'end', 'close'])
    expect(near.bytesWritten).toBe(sent.length)
    expect(near.bytesRead).toBe(sent.length)
  })

  it('works in a pipeline, and with finished', async () => {
    const { near, far } = await duplexPair()
    const sent = pattern(1_000_000)
    const received = read(far)
    await pipeline(Readable.from([sent.subarray(0, 1), sent.subarray(1)]), near, { end: true }).catch(
      () => {},
    )
    far.end()
    near.resume()
    expect(Buffer.compare(await received, sent)).toBe(0)
    await Promise.all([finished(near), finished(far)])
  })

  it('stays half open by default, and ends both ways without allowHalfOpen', async () => {
    const open = await duplexPair()
    open.near.end()
    open.far.resume()
    await once(open.far, 'end')
    expect(open.far.writable).toBe(true)
    open.far.end('late')
    expect((await read(open.near)).toString()).toBe('late')

    const closing = await duplexPair({ far: { allowHalfOpen: false } })
    closing.near.end()
    closing.far.resume()
    closing.near.resume()
    await Promise.all([once(closing.far, 'close'), once(closing.near, 'close')])
  })

  it('gathers corked writes into one', async () => {
    const { near, far } = await duplexPair()
    near.cork()
    for (let i = 0; i < 100; i++) near.write(`${i},`)
    process.nextTick(() => near.uncork())
    near.end()
    const text = (await read(far)).toString()
    expect(text.split(',')).toHaveLength(101)
  })

  it('decodes with setEncoding across chunk borders', async () => {
    const { near, far } = await duplexPair()
    far.setEncoding('utf8')
    const euros = Buffer.from('€'.repeat(1_000))
    for (let i = 0; i < euros.length; i += 100) near.write(euros.subarray(i, i + 100))
    near.end()
    let text = ''
    for await (const piece of far) text += piece as string
    expect(text).toBe('€'.repeat(1_000))
  })

  it('gives bytes back in the write’s callback and not before', async () => {
    const { near, far } = await duplexPair()
    const received = read(far)
    const hashes: Buffer[] = []
    const buffer = Buffer.alloc(100_000)
    for (let round = 0; round < 30; round++) {
      buffer.set(pattern(buffer.length, round))
      hashes.push(Buffer.from(buffer))
      expect((await write(near, buffer)) ?? null).toBe(null)
      buffer.fill(0xee)
    }
    near.end()
    expect(Buffer.compare(await received, Buffer.concat(hashes))).toBe(0)
  })

  it('gives bytes back after a destroy only when the connection refers to them no more', async () => {
    const { near, far } = await duplexPair()
    far.on('error', () => {})
    const done = write(near, pattern(5_000_000))
    near.destroy()
    await once(near, 'close')
    await done
    expect(near.stream.isFlushOwed).toBe(false)
  })

  it('holds the writer back while the reader does not read', async () => {
    const { near, far, client } = await duplexPair()
    near.write(pattern(2_000_000))
    for (let i = 0; i < 5; i++) await client.ping()
    expect(near.writableNeedDrain).toBe(true)
    expect(far.readableLength).toBeLessThanOrEqual(2 * 65_536)
    far.resume()
    await once(near, 'drain')
  })

  it('holds every writer back while the session is full, and lets them go on when it was sent', async () => {
    const { client, server } = await sessionPair({ client: { maxSendBufferBytes: 65_536 } })
    const full = toDuplex(await client.openStream())
    const next = toDuplex(await client.openStream())
    const far = [toDuplex(await server.accept()), toDuplex(await server.accept())]
    ignoreErrors(full, next, ...far)
    expect(full.write(pattern(300_000))).toBe(false)
    expect(next.write(pattern(100_000))).toBe(false)
    expect([full.writableNeedDrain, next.writableNeedDrain]).toEqual([true, true])
    const drained = Promise.all([once(full, 'drain'), once(next, 'drain')])
    for (const duplex of far) duplex.resume()
    await drained
    expect([full.writableLength, next.writableLength]).toEqual([0, 0])
    expect(next.write(pattern(10_000))).toBe(true)
  })

  it('reads a piece larger than every buffer on the way', async () => {
    const { near, far } = await duplexPair()
    const sent = pattern(400_000)
    near.end(sent)
    const got = await new Promise<Buffer>((resolve) => {
      far.on('readable', () => {
        const piece = far.read(400_000) as Buffer | null
        if (piece !== null) resolve(piece)
      })
    })
    expect(Buffer.compare(got, sent)).toBe(0)
  })

  it('gives credit back for a whole window that was read before', async () => {
    const { client, server } = await sessionPair()
    const stream = await client.openStream()
    stream.write(pattern(100_000))
    stream.end()
    const accepted = await server.accept()
    const duplex = await new Promise<StreamDuplex>((resolve) => {
      accepted.handle({
        onData: (from, chunk) => resolve(toDuplex(from, { initialBytes: chunk })),
        onEnd: () => {},
      })
    })
    expect(Buffer.compare(await read(duplex), pattern(100_000))).toBe(0)
  })

  it('begins with the bytes that came with a header', async () => {
    const { near, far } = await rawPair()
    near.write(bytesOf('the rest'))
    near.end()
    const duplex = toDuplex(far, { initialBytes: bytesOf('first ') })
    expect((await read(duplex)).toString()).toBe('first the rest')
    expect(duplex.bytesRead).toBe(14)
  })

  it('can be subclassed with methods that use the fields of the subclass', async () => {
    const { StreamDuplex: Base } = await import('../src/duplex.js')
    class Counting extends Base {
      readonly #pushes: unknown[] = []
      override push(chunk: unknown): boolean {
        this.#pushes.push(chunk)
        return super.push(chunk)
      }
      override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
        this.#pushes.length = 0
        super._destroy(error, callback)
      }
    }
    const { near, far, client } = await rawPair()
    near.write(bytesOf('data'))
    near.end()
    await client.ping()
    expect((await read(new Counting(far, { initialBytes: bytesOf('my ') }))).toString()).toBe('my data')
    const dead = await rawPair()
    dead.near.destroy(3)
    await dead.client.ping()
    const destroyed = new Counting(dead.far)
    const [error] = (await once(destroyed, 'error')) as [Error]
    expect(error).toMatchObject({ code: 'ECONNRESET', applicationCode: 3 })
  })

  it('of a unidirectional stream has one direction only', async () => {
    const { client, server } = await sessionPair()
    const near = toDuplex(await client.openStream({ isUnidirectional: true }))
    const far = toDuplex(await server.accept())
    expect([near.readable, near.writable, far.readable, far.writable]).toEqual([false, true, true, false])
    near.end('one way')
    expect((await read(far)).toString()).toBe('one way')
    if (!near.closed) await once(near, 'close')
    if (!far.closed) await once(far, 'close')
  })
})

describe('a Duplex that is destroyed', () => {
  it('with nothing left to send ends its direction and stops reading', async () => {
    const { near, far } = await rawPair()
    const recorder = new Recorder(far)
    const duplex = toDuplex(near)
    duplex.write('bye')
    await turns(5)
    duplex.destroy()
    await once(duplex, 'close')
    await turns(20)
    expect(recorder.text).toBe('bye')
    expect(recorder.events).toEqual(['data', 'stop', 'end', 'close'])
  })

  it('with an error ends its direction all the same, and stops reading with its code', async () => {
    const { near, far, client } = await rawPair()
    const recorder = new Recorder(far)
    const duplex = toDuplex(near, { destroyCode: 9 })
    duplex.on('error', () => {})
    duplex.write('bye')
    duplex.destroy(new Error('broken'))
    await client.ping()
    expect(recorder.text).toBe('bye')
    expect(recorder.events).toContain('end')
    expect(recorder.stopError).toMatchObject({ code: 'EPIPE', applicationCode: 9 })
  })

  it('delivers what it keeps and then resets with its code, where more waits', async () => {
    const { near, far, client } = await rawPair()
    const recorder = new Recorder(far)
    const duplex = toDuplex(near, { destroyCode: 9 })
    for (let count = 0; count < 20; count++) duplex.write(pattern(100_000))
    duplex.destroy()
    await until(() => recorder.resetError !== undefined, client)
    expect(recorder.bytes.length).toBe(1_048_576)
    expect(recorder.resetError).toMatchObject({ code: 'ECONNRESET', applicationCode: 9 })
  })

  it('hands over what is corked, and what waits behind bytes that the connection still has', async () => {
    const corked = await duplexPair()
    const all = readDirection(corked.far)
    corked.near.cork()
    corked.near.write('corked')
    corked.near.destroy()
    expect((await all).toString()).toBe('corked')

    const busy = await duplexPair()
    const received = readDirection(busy.far)
    for (let count = 0; count < 10; count++) busy.near.write(pattern(100_000))
    while (busy.near.bytesWritten - busy.near.writableLength === 0) await turns(1)
    busy.near.destroy()
    expect((await received).length).toBe(1_000_000)
  })

  it('always closes, and calls every write back', async () => {
    const { near, far } = await duplexPair()
    far.on('error', () => {})
    const writes = Array.from({ length: 20 }, () => write(near, pattern(100_000)))
    near.on('error', () => {})
    const closed = new Promise((resolve) => near.once('close', resolve))
    near.destroy(new Error('mine'))
    await closed
    expect(await Promise.all(writes)).toHaveLength(20)
  })

  it('keeps no buffer of the application', async () => {
    const { near, far } = await duplexPair()
    const received = readDirection(far)
    const bytes = pattern(900_000)
    const sent = Buffer.from(bytes)
    const taken = write(near, bytes)
    near.destroy()
    await taken
    bytes.fill(0)
    expect(Buffer.compare(await received, sent)).toBe(0)
  })

  it('by its session is ECONNRESET there, and closes silently where the session was closed', async () => {
    const { near, far, client } = await duplexPair()
    const events = [listen(near), listen(far)]
    const pending = write(near, pattern(3_000_000))
    client.close()
    await Promise.all(
      [near, far].map((duplex) =>
        duplex.closed ? Promise.resolve() : once(duplex, 'close').catch(() => {}),
      ),
    )
    await pending
    await turns(3)
    expect(events).toEqual([['close'], ['error ECONNRESET', 'close']])
    expect((await write(near, bytesOf('x')))?.message).toMatch(/destroyed/)
  })
})

describe('a session that leaves at once', () => {
  it('sends what Node’s buffer holds of a Duplex too: an end says that everything was delivered', async () => {
    const { near, far, client } = await duplexPair()
    const received = readDirection(far)
    for (let count = 0; count < 3; count++) near.write(pattern(5_000))
    near.write('tail')
    client.closeNow()
    expect((await received).length).toBe(15_004)
  })
})

describe('a peer that stops reading', () => {
  it('holds the write in flight once, and leaves no timer and no listener behind', async () => {
    const { near, far, server } = await rawPair()
    const duplex = toDuplex(near)
    duplex.resume()
    const pending = write(duplex, pattern(3_000_000))
    far.stopSending()
    far.end()
    await server.ping()
    expect((await pending) ?? null).toBe(null)
    expect(duplex.listenerCount('end')).toBe(0)
    duplex.destroy()
  })

  it('takes the write in flight and one more, and is ECONNRESET on the next one', async () => {
    const { near, far } = await rawPair()
    const duplex = toDuplex(near)
    const events = listen(duplex)
    const pending = write(duplex, pattern(1_000_000))
    far.stopSending(4)
    expect((await pending) ?? null).toBe(null)
    expect((await write(duplex, bytesOf('taken'))) ?? null).toBe(null)
    expect(await write(duplex, bytesOf('x'))).toMatchObject({ code: 'ECONNRESET', applicationCode: 4 })
    await untilClosed(events)
    expect(events).toEqual(['drain', 'error ECONNRESET', 'close'])
  })

  it('fails the write in flight, or the next one, when a kernel could not hold what is left of it', async () => {
    for (const first of [0, 1]) {
      const { near, far, server } = await rawPair()
      const duplex = toDuplex(near)
      const events = listen(duplex)
      const pending = write(duplex, first === 0 ? pattern(3_000_000) : bytesOf('x'))
      if (first === 1) await pending
      far.stopSending()
      await server.ping()
      const failing = first === 0 ? pending : write(duplex, pattern(3_000_000))
      expect(await failing).toMatchObject({ code: 'ECONNRESET' })
      await untilClosed(events)
      expect(events.filter((event) => event !== 'drain')).toEqual(['error ECONNRESET', 'close'])
    }
  })

  it('is EPIPE on the second write after its end, and only there', async () => {
    const { near, far, server } = await rawPair()
    const duplex = toDuplex(near)
    duplex.write('taken')
    await turns(5)
    far.write(bytesOf('answer'))
    far.stopSending()
    far.end()
    await server.ping()
    expect((await readDirection(duplex)).toString()).toBe('answer')
    const events = listen(duplex)
    expect((await write(duplex, bytesOf('more'))) ?? null).toBe(null)
    expect(await write(duplex, bytesOf('and more'))).toMatchObject({ code: 'EPIPE' })
    await turns(2)
    expect(events).toContain('error EPIPE')
  })

  it('is no error for a writer whose bytes had all been sent', async () => {
    const { near, far, server } = await rawPair()
    const duplex = toDuplex(near)
    duplex.write('request')
    await turns(5)
    far.stopSending()
    far.write(bytesOf('response'))
    far.end()
    await server.ping()
    const events = listen(duplex)
    expect((await readDirection(duplex)).toString()).toBe('response')
    duplex.end()
    await untilClosed(events)
    expect(events).toEqual(['end', 'finish', 'close'])
  })

  it('does not take what it sent from a slow reader', async () => {
    const { near, far, server } = await rawPair()
    const duplex = toDuplex(near)
    far.write(pattern(16_000))
    far.end()
    far.stopSending()
    await server.ping()
    await server.ping()
    expect(Buffer.compare(await read(duplex), pattern(16_000))).toBe(0)
  })
})

describe('the end of the session', () => {
  it('lets a Duplex be read to an end that had arrived', async () => {
    const { near, far, server, client } = await rawPair()
    near.end()
    new Recorder(far)
    const duplex = toDuplex(near, { allowHalfOpen: false })
    far.write(pattern(10_000))
    far.end()
    await server.ping()
    await server.ping()
    server.destroy()
    await client.closed
    expect(Buffer.compare(await read(duplex), pattern(10_000))).toBe(0)
  })

  it('fails a write under way although the peer’s end waits to be read', async () => {
    const { near, far, server, client } = await rawPair()
    const duplex = toDuplex(near)
    far.end()
    await server.ping()
    const pending = write(duplex, pattern(3_000_000))
    duplex.on('error', () => {})
    server.destroy()
    expect(await pending).toMatchObject({ code: 'ECONNRESET' })
    await client.closed
    expect(duplex.destroyed).toBe(true)
  })

  it('is told to a Duplex made afterwards', async () => {
    const { near, client } = await rawPair()
    client.destroy(new Error('gone'))
    await client.closed
    const duplex = toDuplex(near)
    const [error] = (await once(duplex, 'error')) as [Error]
    expect(error).toMatchObject({ code: 'ECONNRESET' })
    if (!duplex.closed) await once(duplex, 'close')
  })

  it('and a stream given up from here close a Duplex made of it', async () => {
    const { near } = await rawPair()
    near.destroy()
    const duplex = toDuplex(near)
    duplex.resume()
    await once(duplex, 'close')
  })
})

describe('the end of the peer', () => {
  async function answered(answer: (far: StreamDuplex) => void): Promise<string> {
    const { near, far } = await duplexPair({ far: { allowHalfOpen: false } })
    answer(far)
    near.end('question')
    return String(await read(near))
  }

  it('comes when a listener of data is done with what came in front, however deep its promises are', async () => {
    const text = await answered((far) => {
      far.on('data', (data: Buffer) => {
        let done = Promise.resolve()
        for (let left = 10; left > 0; left--) done = done.then(() => Promise.resolve())
        void done.then(() => far.end(`${data}, answer`))
      })
    })
    expect(text).toBe('question, answer')
  })

  it('comes when a listener of data is done with what came in front, however many ticks it takes', async () => {
    const text = await answered((far) => {
      const later = (left: number, action: () => void): void =>
        left === 0 ? action() : process.nextTick(later, left - 1, action)
      far.on('data', (data: Buffer) => later(10, () => far.end(`${data}, answer`)))
    })
    expect(text).toBe('question, answer')
  })

  it('does not come to a Duplex that a listener of data destroys', async () => {
    const { near, far } = await duplexPair()
    const events = listen(far)
    far.on('data', () => void Promise.resolve().then(() => far.destroy()))
    near.end('x')
    await untilClosed(events)
    expect(events).not.toContain('end')
  })
})
