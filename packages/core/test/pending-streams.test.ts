import type { Stream } from '@astranet/mux'
import { expect, test } from 'vitest'
import {
  AstraNet,
  formatNodeId,
  generateIdentity,
  type AstraNetOptions,
  type Listener,
} from '../src/index.js'
import { Member } from './member.js'
import { failure, until } from './support.js'

/** One stream of each link is not counted: it may wait for its header until the next one comes. */
const LIMIT = 100
const PORT = 7

interface Victim extends AsyncDisposable {
  readonly node: AstraNet
  readonly address: string
  readonly listener: Listener
}

/** A node whose listener accepts nothing by itself. */
async function victim(): Promise<Victim> {
  const node = new AstraNet({ maxPendingStreams: LIMIT })
  const { address } = await node.listenAndServe('tcp4', '127.0.0.1:0')
  const listener = await node.bind('', `busy:${PORT}`)
  return { node, address, listener, [Symbol.asyncDispose]: () => node.close() }
}

/** A member that opens streams. */
class Flooder {
  readonly member: Member
  readonly open = new Set<Stream>()

  constructor(member: Member) {
    this.member = member
  }

  /** Opens streams that never complete their header; resolves when the node has answered. */
  async openHeaders(count: number): Promise<void> {
    const { session } = this.member.link
    for (let n = 0; n < count; n++) {
      const stream = await session?.openStream()
      if (stream === undefined) throw new Error('there is no session')
      this.open.add(stream)
      stream.handle({
        onData: () => undefined,
        onEnd: () => undefined,
        onReset: () => void this.open.delete(stream),
        onClose: () => void this.open.delete(stream),
      })
      // The first byte of a length.
      stream.write(Uint8Array.of(0x94))
    }
    await this.member.link.ping()
    await this.member.link.ping()
  }

  /** Dials a port; resolves with how many were accepted. */
  async dial(count: number): Promise<number> {
    const dials = Array.from({ length: count }, () => this.member.dial(PORT, () => undefined))
    const results = await Promise.allSettled(dials)
    for (const result of results) if (result.status === 'fulfilled') this.open.add(result.value)
    return results.filter(({ status }) => status === 'fulfilled').length
  }

  async resetAll(): Promise<void> {
    for (const stream of this.open) stream.destroy()
    this.open.clear()
    await this.member.link.ping()
  }
}

test('one member holds half of the streams that may wait, two hold two thirds, and others still dial', async () => {
  await using nodes = await victim()
  await using first = await Member.join(nodes.address)
  await using second = await Member.join(nodes.address)
  const [one, two] = [new Flooder(first), new Flooder(second)]
  await one.openHeaders(2 * LIMIT)
  expect(one.open.size).toBe(LIMIT / 2 + 1)
  await two.openHeaders(2 * LIMIT)
  expect(two.open.size).toBe(LIMIT / 4 + 1)
  await using honest = new AstraNet()
  await honest.join('tcp4', nodes.address)
  const socket = await honest.dial('', 'busy')
  expect((await nodes.listener.accept()).remoteNode).toBe(honest.nodeId)
  socket.destroy()
  expect([first.closed, second.closed]).toEqual([undefined, undefined])
})

test('dials that wait in a backlog count as well, and the dialer is told', async () => {
  await using nodes = await victim()
  await using member = await Member.join(nodes.address)
  const flooder = new Flooder(member)
  expect(await flooder.dial(2 * LIMIT)).toBe(LIMIT / 2)
  expect(await failure(member.dial(PORT, () => undefined))).toMatchObject({
    code: 'ECONNREFUSED',
    isRetryable: true,
    message: expect.stringContaining('too many streams wait at this node'),
  })
  expect(nodes.listener.waiting).toBe(LIMIT / 2)
  await flooder.openHeaders(10)
  expect(flooder.open.size).toBe(LIMIT / 2 + 1)
})

test('two links of one member share its half', async () => {
  await using nodes = await victim()
  const identity = await generateIdentity()
  await using first = await Member.join(nodes.address, { identity, incarnation: 1 })
  await using second = await Member.join(nodes.address, { identity, incarnation: 1 })
  const [one, two] = [new Flooder(first), new Flooder(second)]
  await one.openHeaders(LIMIT)
  await two.openHeaders(LIMIT)
  expect([one.open.size, two.open.size]).toEqual([LIMIT / 2 + 1, 1])
})

const releases: [string, (nodes: Victim, flooder: Flooder) => unknown][] = [
  [
    'are accepted',
    async ({ listener }) => {
      for (let n = 0; n < LIMIT / 2; n++) (await listener.accept()).on('error', () => {})
    },
  ],
  [
    'go to a connection handler',
    ({ listener }) => {
      listener.on('connection', (socket) => socket.on('error', () => {}))
      return until(() => listener.waiting === 0).then(() => listener.removeAllListeners('connection'))
    },
  ],
  ['are reset by their dialer', (_, flooder) => flooder.resetAll()],
  [
    'are reset by their dialer and still in the backlog when it closes',
    async ({ listener, node }, flooder) => {
      await flooder.resetAll()
      listener.close()
      await node.bind('', `busy:${PORT}`)
    },
  ],
  [
    'wait when the listener closes',
    async ({ listener, node }) => {
      listener.close()
      await node.bind('', `busy:${PORT}`)
    },
  ],
]
test.each(releases)('streams that %s make room for as many, once', async (_, release) => {
  await using nodes = await victim()
  await using member = await Member.join(nodes.address)
  const flooder = new Flooder(member)
  for (let round = 0; round < 3; round++) {
    expect(await flooder.dial(LIMIT)).toBe(LIMIT / 2)
    await release(nodes, flooder)
    await member.link.ping()
    if (!nodes.listener.listening) break
  }
  // A place that was given back twice would let more in.
  expect(await flooder.dial(LIMIT)).toBe(LIMIT / 2)
})

test('the streams of a link that ends make room, whether their header is complete or not', async () => {
  await using nodes = await victim()
  await using stays = await Member.join(nodes.address)
  const other = new Flooder(stays)
  for (let round = 0; round < 3; round++) {
    await using member = await Member.join(nodes.address)
    const flooder = new Flooder(member)
    await flooder.openHeaders(20)
    expect(await flooder.dial(LIMIT)).toBe(LIMIT / 2 - 20)
    member.link.destroy()
    await until(() => nodes.node.routes().length === 1)
  }
  expect(await other.dial(LIMIT)).toBe(LIMIT / 2)
})

test('headers that are completed, ended or given up make room', async () => {
  await using nodes = await victim()
  await using member = await Member.join(nodes.address)
  const flooder = new Flooder(member)
  for (let round = 0; round < 3; round++) {
    await flooder.openHeaders(LIMIT)
    expect(flooder.open.size).toBe(LIMIT / 2 + 1)
    // The rest of a length that no header may have: it is refused.
    for (const stream of flooder.open) {
      if (round === 0) stream.write(Uint8Array.of(0xc0, 0xc0, 0xc0, 0xc0))
      else if (round === 1) stream.end()
      else stream.destroy()
    }
    await member.link.ping()
    flooder.open.clear()
  }
  expect(await flooder.dial(LIMIT)).toBe(LIMIT / 2)
})

test('a stream that is taken at once counts as none', async () => {
  await using nodes = await victim()
  nodes.listener.on('connection', (socket) => socket.on('error', () => {}))
  await using member = await Member.join(nodes.address)
  expect(await new Flooder(member).dial(3 * LIMIT)).toBe(3 * LIMIT)
  await using node = await victim()
  // Dials of the node itself are its own business.
  const dials = Array.from({ length: 2 * LIMIT }, () =>
    node.node.dial('', `${formatNodeId(node.node.nodeId)}:${PORT}`),
  )
  for (const socket of await Promise.all(dials)) socket.destroy()
})

test('a member that has used up its half can still dial what is taken at once', async () => {
  await using nodes = await victim()
  const open = await nodes.node.bind('', `open:${PORT + 1}`)
  open.on('connection', (socket) => socket.on('error', () => {}))
  await using member = await Member.join(nodes.address)
  await new Flooder(member).dial(LIMIT)
  for (let count = 0; count < 10; count++) await member.dial(PORT + 1, () => undefined)
})

test.each([0, -1, 1.5, Number.NaN, 2 ** 31, '7'])(
  'maxPendingStreams must be a number in its range: %s',
  (value) => {
    const options = { maxPendingStreams: value } as AstraNetOptions
    expect(() => new AstraNet(options)).toThrow(
      /^The (value of )?"options\.maxPendingStreams" (is out of range|property must be of type number)/,
    )
  },
)
