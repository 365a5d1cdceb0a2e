import { once } from 'node:events'
import net from 'node:net'
import type { Duplex } from 'node:stream'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { turns, twoNodes, type TwoNodes } from './support.js'

/** What the scenarios use of a socket: the part that `net.Socket` and AstraNet's have in common. */
interface AnySocket extends Duplex {
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

test('unlike net, a socket that is destroyed with an error is reset: its bytes may be incomplete', async () => {
  const destroyed = await play(await overAstraNet({}, false), {
    run: ({ near }) => near.destroy(new Error('mine')),
  })
  expect(destroyed.near.events).toEqual(['close', 'error mine'])
  expect(destroyed.far.events).toEqual(['close', 'error ECONNRESET'])
  const unsent = await play(await overAstraNet({}, false), {
    run: ({ near }) => [near.write('x'.repeat(5_000_000)), near.destroy()],
  })
  expect(unsent.far.events).toEqual(['close', 'error ECONNRESET'])
})

test('as over net, what was written and taken arrives although the socket is destroyed', async () => {
  const scenario: Scenario = { run: ({ near }) => [near.write('x'.repeat(1_000)), near.destroy()] }
  const expected = await play(await overNet({}), scenario)
  const actual = await play(await overAstraNet({}, false), scenario)
  expect(actual.far).toEqual(expected.far)
  expect(actual.far.bytes).toBe(1_000)
})
