import { once } from 'node:events'
import net from 'node:net'
import { PassThrough, type Duplex } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { turns, twoNodes, uncaught, until, type TwoNodes } from './support.js'

/** What the scenarios use of a socket: the part that `net.Socket` and AstraNet's have in common. */
interface AnySocket extends Duplex {
  readonly bytesRead: number
  readonly bytesWritten: number
  resetAndDestroy(): unknown
  destroySoon(): void
  setTimeout(timeoutMs: number, onTimeout?: () => void): unknown
}

interface Ends {
  readonly near: AnySocket
  readonly far: AnySocket
}

/** Which sides stay half open; neither by default. */
interface HalfOpen {
  readonly near?: boolean
  readonly far?: boolean
}

interface Scenario {
  readonly halfOpen?: HalfOpen
  run(ends: Ends): unknown
}

const scenarios: Record<string, Scenario> = {
  'the dialer ends': { run: ({ near }) => near.end('x') },
  'the acceptor ends': { run: ({ far }) => far.end('x') },
  'both end at once': { run: ({ near, far }) => [near.end('x'), far.end('y')] },
  'the dialer is destroyed': { run: ({ near }) => near.destroy() },
  'the acceptor is destroyed': { run: ({ far }) => far.destroy() },
  'the dialer resets': { run: ({ near }) => near.resetAndDestroy() },
  'the acceptor resets': { run: ({ far }) => far.resetAndDestroy() },
  'the dialer is destroyed soon': {
    run: ({ near }) => [near.write('x'.repeat(300_000)), near.destroySoon()],
  },
  'the acceptor is destroyed soon': { run: ({ far }) => [far.write('x'), far.destroySoon()] },
  'it is destroyed twice': { run: ({ near }) => [near.destroy(), near.destroy()] },
  'the dialer ends twice': { run: ({ near }) => [near.end('x'), near.end()] },
  'the dialer writes when it is destroyed': { run: ({ near }) => [near.destroy(), near.write('y')] },
  'nothing but an end': { run: ({ near }) => near.end() },
  'an acceptor that stays half open answers later': {
    halfOpen: { far: true },
    run: ({ near, far }) => {
      far.on('end', () => setImmediate(() => far.end('answer')))
      near.end('question')
    },
  },
  'a dialer that stays half open answers later': {
    halfOpen: { near: true },
    run: ({ near, far }) => {
      near.on('end', () => setImmediate(() => near.end('answer')))
      far.end('question')
    },
  },
  'a dialer that stays half open does nothing more': {
    halfOpen: { near: true, far: true },
    run: ({ near, far }) => {
      near.on('end', () => setImmediate(() => near.destroy()))
      far.end('x')
    },
  },
  'the acceptor answers and ends what it was asked': {
    run: ({ near, far }) => {
      far.once('data', () => far.end('answer'))
      near.write('question')
    },
  },
  'the acceptor resets while the dialer writes': {
    run: ({ near, far }) => {
      far.once('data', () => far.resetAndDestroy())
      near.write('x'.repeat(1_000))
    },
  },
  'a timeout does not close': {
    run: async ({ near }) => {
      near.setTimeout(5)
      await once(near, 'timeout')
      // On a busy machine the end takes longer than that.
      near.setTimeout(0)
      near.end('still open')
    },
  },
}

interface Transcript {
  bytes: number
  readonly events: string[]
}

function record(socket: AnySocket): Transcript {
  const transcript: Transcript = { bytes: 0, events: [] }
  socket.on('data', (chunk: Buffer) => (transcript.bytes += chunk.length))
  for (const name of ['end', 'finish', 'close', 'timeout'])
    socket.on(name, () => transcript.events.push(name))
  socket.on('error', (error: Error & { code?: string }) =>
    transcript.events.push(`error ${error.code ?? error.message}`),
  )
  return transcript
}

/** Which events came, not in which order: the two directions have nothing to do with each other. */
async function play({ near, far }: Ends, scenario: Scenario): Promise<{ near: Transcript; far: Transcript }> {
  const transcripts = { near: record(near), far: record(far) }
  const closed = [near, far].map((socket) => new Promise((resolve) => socket.once('close', resolve)))
  await turns(3)
  await scenario.run({ near, far })
  await Promise.all(closed)
  await turns(3)
  for (const { events } of Object.values(transcripts)) events.sort()
  return transcripts
}

let server: net.Server
let nodes: TwoNodes
beforeAll(async () => {
  nodes = await twoNodes()
})
afterAll(() => nodes[Symbol.asyncDispose]())

async function overNet({ near = false, far = false }: HalfOpen): Promise<Ends> {
  server = net.createServer({ allowHalfOpen: far }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as net.AddressInfo
  const dialed = net.connect({ port, host: '127.0.0.1', allowHalfOpen: near })
  const [[accepted]] = (await Promise.all([once(server, 'connection'), once(dialed, 'connect')])) as [
    [net.Socket],
    unknown,
  ]
  server.close()
  return { near: dialed, far: accepted }
}

async function overAstraNet({ near = false, far = false }: HalfOpen, isLoopback: boolean): Promise<Ends> {
  const listener = await nodes.server.bind('', 'parity', { allowHalfOpen: far })
  const dialer = isLoopback ? nodes.server : nodes.client
  const [dialed, accepted] = await Promise.all([
    dialer.dial('', 'parity', { allowHalfOpen: near }),
    listener.accept(),
  ])
  listener.close()
  return { near: dialed, far: accepted }
}

for (const [name, scenario] of Object.entries(scenarios)) {
  test.each([
    ['over a link', false],
    ['in one node', true],
  ])(`${name}: the same events as over net (%s)`, async (_, isLoopback) => {
    const { halfOpen = {} } = scenario
    const expected = await play(await overNet(halfOpen), scenario)
    const actual = await play(await overAstraNet(halfOpen, isLoopback), scenario)
    expect(actual).toEqual(expected)
  })
}

/** Ways to leave a socket that deliver what was written. */
const lastWords: Record<string, (near: AnySocket) => unknown> = {
  'destroy()': (near) => near.destroy(),
  'destroy(error)': (near) => near.destroy(new Error('mine')),
  'break out of for await': async (near) => {
    for await (const _chunk of near) break
  },
  'the end of await using': async (near) => {
    await near[Symbol.asyncDispose]().catch(() => undefined)
  },
  'an aborted pipeline': async (near) => {
    const aborting = new AbortController()
    const flowing = pipeline(near, new PassThrough().resume(), { signal: aborting.signal })
    aborting.abort()
    await flowing.catch(() => undefined)
  },
}

for (const [way, leave] of Object.entries(lastWords)) {
  test.each([1_000, 100_000, 524_288, 1_000_000])(
    `as over net, what was written in front of ${way} arrives: %i bytes`,
    async (length) => {
      const leaving = (isGreeted: boolean): Scenario => ({
        run: async ({ near, far }) => {
          if (isGreeted) far.write('welcome')
          near.write(Buffer.alloc(length, 'x'))
          await leave(near)
        },
      })
      // Over TCP bytes that the leaving side has not read take what it wrote along; here they do not.
      const expected = await play(await overNet({}), leaving(way === 'break out of for await'))
      const actual = await play(await overAstraNet({}, false), leaving(true))
      expect(actual.far).toEqual(expected.far)
      expect(actual.far.bytes).toBe(length)
    },
  )
}

test('many writes in front of destroy() arrive, each called back without an error, as over net', async () => {
  const called: (string | undefined)[][] = []
  const scenario: Scenario = {
    run: ({ near }) => {
      const codes: (string | undefined)[] = []
      called.push(codes)
      for (let count = 0; count < 8; count++) {
        near.write(Buffer.alloc(60_000), (error) => codes.push((error as { code?: string } | null)?.code))
      }
      near.destroy()
      expect(codes).toEqual([])
    },
  }
  const expected = await play(await overNet({}), scenario)
  const actual = await play(await overAstraNet({}, false), scenario)
  expect(actual).toEqual(expected)
  expect(actual.far.bytes).toBe(480_000)
  expect(called[1]).toEqual(called[0])
})

test('if more waits than is kept, the far side gets what is kept, and then ECONNRESET: an end means that all arrived', async () => {
  const { near, far } = await play(await overAstraNet({}, false), {
    run: ({ near: socket }) => [socket.write(Buffer.alloc(5_000_000)), socket.destroy()],
  })
  expect(near.events).toEqual(['close'])
  expect(far.events).toEqual(['close', 'error ECONNRESET'])
  expect(far.bytes).toBe(1_048_576)
})

test('what was kept in front of a reset is read whole, however slowly, before the error comes', async () => {
  const { near, far } = await overAstraNet({}, false)
  near.write(Buffer.alloc(5_000_000))
  near.destroy()
  const failed = once(far, 'error')
  let bytes = 0
  let hasFailed = false
  void failed.then(() => (hasFailed = true))
  while (!hasFailed) {
    bytes += (far.read(10_000) as Buffer | null)?.length ?? (far.read() as Buffer | null)?.length ?? 0
    await turns(1)
  }
  expect((await failed)[0]).toMatchObject({ code: 'ECONNRESET' })
  expect(bytes).toBe(1_048_576)
})

test('resetAndDestroy() resets, except a socket that is destroyed already', async () => {
  for (const ends of [await overNet({}), await overAstraNet({}, false)]) {
    const { far } = await play(ends, { run: ({ near }) => [near.destroy(), near.resetAndDestroy()] })
    expect(far.events).toEqual(['close', 'end', 'finish'])
  }
})

test('a socket that is not read ends and closes all the same', async () => {
  for (const { near, far } of [await overNet({}), await overAstraNet({}, false)]) {
    const closed = Promise.all([once(near, 'close'), once(far, 'close')])
    near.end()
    await closed
    expect([far.readableEnded, far.writableFinished]).toEqual([true, true])
  }
})

test("'drain' of a socket that was full waits for what is corked", async () => {
  for (const { near, far } of [await overNet({}), await overAstraNet({}, false)]) {
    while (near.write(Buffer.alloc(1_000_000)));
    near.cork()
    near.write(Buffer.alloc(2_049))
    far.resume()
    await until(() => near.writableLength === 2_049)
    expect(near.writableNeedDrain).toBe(true)
    near.uncork()
    await once(near, 'drain')
    expect(near.writableNeedDrain).toBe(false)
    near.destroy()
  }
})

/** What makes an event come at `near`. */
const causes: Record<string, (ends: Ends) => unknown> = {
  data: ({ far }) => far.write('first'),
  end: ({ far }) => far.end(),
  drain: ({ near }) => {
    while (near.write(Buffer.alloc(1_000_000)));
  },
}

for (const [event, cause] of Object.entries(causes)) {
  test(`what a listener of '${event}' throws is an uncaught exception, and the socket goes on`, async () => {
    for (const ends of [await overNet({ far: true }), await overAstraNet({ far: true }, false)]) {
      const { near, far } = ends
      const mine = new Error('mine')
      const surfaced = uncaught()
      near.once(event, () => {
        throw mine
      })
      const transcripts = [record(near), record(far)]
      await cause(ends)
      expect(await surfaced).toBe(mine)
      expect(near.destroyed).toBe(false)
      near.write('more')
      await until(() => transcripts[1]?.bytes === near.bytesWritten)
      if (event === 'data') {
        far.write('second')
        await until(() => transcripts[0]?.bytes === 6)
      }
      expect(transcripts.flatMap(({ events }) => events).filter((name) => /error|close/.test(name))).toEqual(
        [],
      )
      near.destroy()
      far.destroy()
    }
  })
}

test("what a listener of 'close' throws is an uncaught exception", async () => {
  for (const { near } of [await overNet({}), await overAstraNet({}, false)]) {
    const surfaced = uncaught()
    near.once('close', () => {
      throw new Error('mine')
    })
    near.destroy()
    expect(await surfaced).toMatchObject({ message: 'mine' })
  }
})

test('what a write callback throws is an uncaught exception, and the socket goes on', async () => {
  for (const { near, far } of [await overNet({}), await overAstraNet({}, false)]) {
    const mine = new Error('mine')
    const surfaced = uncaught()
    const received = record(far)
    near.write(Buffer.alloc(100_000), () => {
      throw mine
    })
    expect(await surfaced).toBe(mine)
    near.end('more')
    await once(far, 'close')
    expect(received.bytes).toBe(100_004)
    expect(received.events.sort()).toEqual(['close', 'end', 'finish'])
  }
})
