import { encodeMessage } from '@astranet/frame/message'
import { CloseCode, Feature, MAX_REGISTRY_MESSAGE_BYTES, StreamCode, type LinkOptions } from '@astranet/link'
import type { ByteDuplexHandler } from '@astranet/interface'
import type { Stream } from '@astranet/mux'
import { describe, expect, it } from 'vitest'
import { memoryPipe, type MemoryEnd } from './support/memory-pipe.js'
import { openRawPeer } from './support/raw-peer.js'
import { bytes, Dials, Reader, Side } from './support/side.js'
import { VirtualClock } from './support/virtual-clock.js'

interface Pair {
  readonly clock: VirtualClock
  readonly left: Side
  readonly right: Side
}

/** Two links that are about to open; the left one dialed. */
function newPair(
  options: Partial<LinkOptions> & { hasRegistry?: boolean } = {},
  change: (left: MemoryEnd, clock: VirtualClock) => void = () => undefined,
): Pair {
  const clock = new VirtualClock()
  const [one, other] = memoryPipe(clock, 5_000)
  change(one, clock)
  const left = new Side(one, { id: 1n, clock, role: 'dialer', ...options })
  const right = new Side(other, { id: 2n, clock, role: 'acceptor', ...options })
  left.link.start()
  right.link.start()
  return { clock, left, right }
}

async function openPair(options: Partial<LinkOptions> & { hasRegistry?: boolean } = {}): Promise<Pair> {
  const pair = newPair(options)
  await pair.clock.settle()
  return pair
}

/** From now on the pipe takes what is written only as fast as that. */
function limitRate(end: MemoryEnd, clock: VirtualClock, bytesPerSecond: number): void {
  const [handle, writev] = [end.handle.bind(end), end.writev.bind(end)]
  let onDrain = (): void => undefined
  end.handle = (handler: ByteDuplexHandler) => {
    onDrain = () => handler.onDrain()
    handle(handler)
  }
  end.writev = (chunks) => {
    writev(chunks)
    const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
    clock.setTimer((bytes / bytesPerSecond) * 1_000, () => onDrain())
    return false
  }
}

const LARGE = new Uint8Array(60_000).fill(7)
const HEADER = encodeMessage([3])
const HELLO = { i: 1, f: [Feature.REGISTRY] }

describe('messages of the registry', () => {
  it('arrive whole and in order both ways, and each side opens one stream for them', async () => {
    const { clock, left, right } = await openPair()
    for (let n = 0; n < 5; n++) {
      left.link.sendRegistry([n, LARGE])
      right.link.sendRegistry({ n })
      clock.run()
    }
    expect(right.registry).toEqual([0, 1, 2, 3, 4].map((n) => [n, LARGE]))
    expect(left.registry).toEqual([0, 1, 2, 3, 4].map((n) => ({ n })))
    expect([left.link.session?.openStreams, right.link.session?.openStreams]).toEqual([3, 3])
    expect(left.incoming).toEqual([])
  })

  it('take at most 65,536 bytes', async () => {
    const { clock, left, right } = await openPair()
    left.link.sendRegistry(new Uint8Array(MAX_REGISTRY_MESSAGE_BYTES - 5))
    clock.run()
    expect(right.registry).toHaveLength(1)
    expect(() => left.link.sendRegistry(new Uint8Array(MAX_REGISTRY_MESSAGE_BYTES))).toThrow(RangeError)
  })

  it('can be sent as soon as the link is open, also before the peer allows a stream', async () => {
    const { clock, left, right } = newPair()
    const results: boolean[] = []
    for (const side of [left, right]) side.onOpen = () => void results.push(side.link.sendRegistry('first'))
    await clock.settle()
    expect([left.registry, right.registry]).toEqual([['first'], ['first']])
    // The server has to wait for the client's limits, and is notified when it may continue.
    expect(results.filter((isTaken) => !isTaken)).toHaveLength(left.registryWritable + right.registryWritable)
  })

  it('are dropped when the link is not open', async () => {
    const { clock, left, right } = await openPair()
    left.link.close()
    expect(left.link.sendRegistry('late')).toBe(false)
    clock.run()
    expect(right.registry).toEqual([])
  })

  it('wait behind the bytes of the application, and go when a side goes away', async () => {
    const { clock, left, right } = await openPair()
    const order: string[] = []
    const dials = new Dials()
    right.onStream = ({ stream }) => {
      right.link.accept(stream)
      stream.handle({ onData: () => void order.push('application'), onEnd: () => undefined })
    }
    right.onRegistry = () => void order.push('registry')
    right.onGoAway = () => void order.push('go-away')
    left.link.dial({ kind: 'dial', port: 80, sourcePort: 0 }, dials)
    clock.run()
    for (let count = 0; count < 8; count++) left.link.sendRegistry(LARGE)
    dials.accepted[0]?.stream.write(bytes('hello'))
    clock.run()
    expect(order).toEqual(['application', ...Array<string>(8).fill('registry')])
    for (let count = 0; count < 8; count++) left.link.sendRegistry(LARGE)
    left.link.goAway()
    dials.accepted[0]?.stream.write(bytes('hello'))
    clock.run()
    expect(order.slice(9)).toEqual(['go-away', 'application'])
    expect([left.link.isOpen, right.link.isOpen]).toEqual([true, true])
  })

  it('get through on a link that the application keeps full', async () => {
    const { clock, left, right } = newPair({}, (end, time) => limitRate(end, time, 100_000))
    await clock.pass(1_000)
    right.onStream = ({ stream }) => {
      right.link.accept(stream)
      stream.handle({ onData: () => undefined, onEnd: () => undefined })
    }
    const dials = new Dials()
    for (let count = 0; count < 100; count++) left.link.dial({ kind: 'dial', port: 80, sourcePort: 0 }, dials)
    clock.advance(5_000)
    expect(dials.accepted).toHaveLength(100)
    for (const { stream } of dials.accepted) stream.write(LARGE.slice())
    left.link.sendRegistry('first')
    clock.advance(900)
    expect(right.registry).toEqual([])
    clock.advance(30_000)
    expect(right.registry).toEqual(['first'])
    expect(dials.accepted.every(({ stream }) => stream.bufferedBytes > 0)).toBe(true)
  })

  it('overtake the bytes of the application when they are in a hurry, and say when they have left', async () => {
    const { clock, left, right } = newPair({}, (end, time) => limitRate(end, time, 100_000))
    await clock.pass(1_000)
    right.onStream = ({ stream }) => {
      right.link.accept(stream)
      stream.handle({ onData: () => undefined, onEnd: () => undefined })
    }
    const dials = new Dials()
    for (let count = 0; count < 100; count++) left.link.dial({ kind: 'dial', port: 80, sourcePort: 0 }, dials)
    clock.advance(5_000)
    left.link.sendRegistry('first')
    clock.advance(100)
    for (const { stream } of dials.accepted) stream.write(LARGE.slice())
    left.link.hurryRegistry()
    left.link.sendRegistry('last')
    expect(left.link.hasUnsentRegistry).toBe(true)
    // What was handed over before takes less than that, all bytes of the application a minute.
    clock.advance(8_000)
    expect(left.link.hasUnsentRegistry).toBe(false)
    clock.advance(100)
    expect(right.registry).toEqual(['first', 'last'])
  })

  it('that are too many make sendRegistry return false, until they have left', async () => {
    const { clock, left, right } = await openPair()
    let sent = 0
    while (left.link.sendRegistry(LARGE)) sent += 1
    expect(sent).toBeLessThan(20)
    clock.run()
    expect(left.registryWritable).toBe(1)
    expect(right.registry).toHaveLength(sent + 1)
  })

  it('are not taken while one waits that a neighbour who does not read has no room for', async () => {
    const pair = await openPair()
    const message = new Uint8Array(60_000)
    let taken = 0
    for (; pair.left.link.canSendRegistry; taken++) pair.left.link.sendRegistry(message)
    for (let count = 0; count < 100; count++) expect(pair.left.link.sendRegistry(message)).toBe(false)
    expect(taken).toBeLessThan(12)
    pair.clock.run()
    expect(pair.right.registry.length).toBe(taken)
    expect(pair.left.link.canSendRegistry).toBe(true)
  })

  it('are refused where there is no registry, and the link continues', async () => {
    const { clock, left, right } = await openPair({ hasRegistry: false })
    left.link.sendRegistry(['hello'])
    clock.run()
    expect(left.link.sendRegistry(['again'])).toBe(false)
    expect([left.link.isDialable, right.link.isDialable]).toEqual([true, true])
    const drained = left.link.drain()
    clock.run()
    await drained
    clock.advance(10_000)
    expect([left.closes, right.closes]).toEqual([[undefined], [undefined]])
  })

  it('are refused by and not sent to a peer whose HELLO does not name the feature', async () => {
    const { clock, side, session } = await openRawPeer()
    expect([side.link.canSendRegistry, side.link.sendRegistry('hello')]).toEqual([false, false])
    const stream = session.tryOpenStream() as Stream
    const answer = new Reader()
    stream.handle(answer)
    stream.write(HEADER)
    stream.write(encodeMessage('hello'))
    clock.run()
    expect([side.registry, answer.ends, side.link.isOpen]).toEqual([[], 1, true])
    expect(answer.text).toContain('there is no registry here')
    expect(side.link.session?.openStreams).toBe(1)
  })

  it('that were sent arrive before a link that closes at once goes away, on both sides of it', async () => {
    for (const here of ['left', 'right'] as const) {
      const pair = await openPair()
      const { clock } = pair
      const [one, other] = here === 'left' ? [pair.left, pair.right] : [pair.right, pair.left]
      const order: unknown[] = []
      other.onRegistry = () => void order.push(other.registry.at(-1))
      other.onGoAway = () => void order.push('go-away')
      one.link.sendRegistry('first')
      other.link.sendRegistry('of the other side')
      clock.run()
      one.link.hurryRegistry()
      // The last one is more than the peer gives credit for now.
      for (const message of ['last', 'very last', LARGE]) one.link.sendRegistry(message)
      one.link.closeNow()
      one.link.closeNow()
      clock.run()
      expect(order).toEqual(['first', 'last', 'very last', 'go-away'])
      clock.advance(10_000)
      expect([one.closes, other.closes]).toEqual([[undefined], [undefined]])
      expect(clock.timers).toBe(0)
    }
  })

  it('do not keep a link that drains', async () => {
    for (const here of ['left', 'right'] as const) {
      const { clock, left, right } = await openPair()
      left.link.sendRegistry(1)
      right.link.sendRegistry(2)
      clock.run()
      const drained = { left, right }[here].link.drain()
      clock.run()
      await drained
      clock.advance(10_000)
      expect([left.closes, right.closes]).toEqual([[undefined], [undefined]])
      expect(clock.timers).toBe(0)
    }
  })
})

/** Promises that a test resolves one by one. */
class Gate {
  readonly #waiting: (() => void)[] = []

  readonly wait = (): Promise<void> => new Promise((resolve) => this.#waiting.push(resolve))

  get waiting(): number {
    return this.#waiting.length
  }

  async open(clock: VirtualClock): Promise<void> {
    this.#waiting.shift()?.()
    await clock.settle()
  }
}

describe('while a message of the registry is processed', () => {
  it('the next one waits, also those that came in one piece with the header', async () => {
    const { clock, side, session } = await openRawPeer({ hello: HELLO })
    const gate = new Gate()
    side.onRegistry = gate.wait
    const stream = session.tryOpenStream() as Stream
    stream.handle(new Reader())
    stream.write(new Uint8Array([...HEADER, ...encodeMessage(0), ...encodeMessage(1), ...encodeMessage(2)]))
    stream.write(encodeMessage(3))
    await clock.settle()
    stream.write(encodeMessage(4))
    await clock.settle()
    for (let count = 1; count <= 5; count++) {
      expect([side.registry.length, gate.waiting]).toEqual([count, 1])
      await gate.open(clock)
    }
    expect(side.registry).toEqual([0, 1, 2, 3, 4])
    side.onRegistry = () => undefined
    stream.write(encodeMessage(5))
    clock.run()
    expect(side.registry.at(-1)).toBe(5)
  })

  it('a peer that floods gets no credit for more', async () => {
    const { clock, side, session } = await openRawPeer({ hello: HELLO })
    const gate = new Gate()
    side.onRegistry = gate.wait
    const stream = session.tryOpenStream() as Stream
    stream.handle(new Reader())
    stream.write(HEADER)
    for (let count = 0; count < 200; count++) stream.write(encodeMessage([count, LARGE]))
    const inFlight = (): number => stream.sentBytes - side.registry.length * encodeMessage([1, LARGE]).length
    await clock.settle()
    let most = 0
    for (let count = 1; count <= 200; count++) {
      expect(side.registry).toHaveLength(count)
      most = Math.max(most, inFlight())
      await gate.open(clock)
    }
    expect(side.registry.map((body) => (body as unknown[])[0])).toEqual([...Array(200).keys()])
    // The window of a stream that is read in time grows to several messages; this one has no reason to.
    expect(most).toBeLessThan(2 * LARGE.length)
    expect(stream.bufferedBytes).toBe(0)
  })

  it('the link may end, and nothing follows', async () => {
    const { clock, side, session } = await openRawPeer({ hello: HELLO })
    const gate = new Gate()
    side.onRegistry = gate.wait
    const stream = session.tryOpenStream() as Stream
    stream.handle(new Reader())
    stream.write(new Uint8Array([...HEADER, ...encodeMessage(0), ...encodeMessage(1)]))
    await clock.settle()
    side.link.close(CloseCode.PROTOCOL_ERROR, 'enough')
    await gate.open(clock)
    clock.advance(10_000)
    expect(side.registry).toEqual([0])
    expect(side.closes).toHaveLength(1)
  })

  it('its end is seen only afterwards', async () => {
    const { clock, side, session } = await openRawPeer({ hello: HELLO })
    const gate = new Gate()
    side.onRegistry = gate.wait
    const stream = session.tryOpenStream() as Stream
    stream.handle(new Reader())
    stream.write(new Uint8Array([...HEADER, ...encodeMessage(0)]))
    await clock.settle()
    stream.end()
    await clock.settle()
    expect(side.link.isOpen).toBe(true)
    await gate.open(clock)
    clock.advance(10_000)
    expect(side.closes).toMatchObject([{ code: 'ASTRA_ERR_LINK_PROTOCOL' }])
  })
})

describe('the stream of a registry', () => {
  /** A raw peer that has opened the stream of its registry. */
  async function speaking(): Promise<
    Awaited<ReturnType<typeof openRawPeer>> & {
      readonly registry: Stream
      readonly answer: Reader
    }
  > {
    const peer = await openRawPeer({ hello: HELLO })
    const registry = peer.session.tryOpenStream() as Stream
    const answer = new Reader()
    registry.handle(answer)
    registry.write(HEADER)
    peer.clock.run()
    return { ...peer, registry, answer }
  }

  it('is accepted, and nothing but the answer comes back on it', async () => {
    const { clock, side, registry, answer } = await speaking()
    registry.write(encodeMessage(['hello']))
    clock.run()
    expect(side.registry).toEqual([['hello']])
    expect([answer.text.length, answer.ends]).toEqual([3, 1])
  })

  it('that the peer opens is read from its first byte', async () => {
    const { clock, side, session } = await openRawPeer({ hello: HELLO })
    const stream = session.tryOpenStream() as Stream
    stream.handle(new Reader())
    for (const byte of [...HEADER, ...encodeMessage('one'), ...encodeMessage('two')]) {
      stream.write(Uint8Array.of(byte))
      clock.run()
    }
    expect(side.registry).toEqual(['one', 'two'])
  })

  it.each<[string, (stream: Stream) => void, CloseCode, RegExp]>([
    ['resets it', (s) => s.reset(5), CloseCode.PROTOCOL_ERROR, /reset its registry stream/],
    ['ends it', (s) => s.end(), CloseCode.PROTOCOL_ERROR, /ended its registry stream/],
    [
      'sends what is no msgpack',
      (s) => s.write(Uint8Array.of(1, 0xc1)),
      CloseCode.PROTOCOL_ERROR,
      /registry message/,
    ],
    [
      'sends a message too large',
      (s) => s.write(Uint8Array.of(0x80, 0x01, 0x00, 0x01)),
      CloseCode.MESSAGE_TOO_LARGE,
      /registry message/,
    ],
  ])('ends the link when the peer %s', async (_, act, closeCode, message) => {
    const { clock, side, registry, closed } = await speaking()
    act(registry)
    clock.advance(10_000)
    expect(side.closes).toMatchObject([{ closeCode, message: expect.stringMatching(message) }])
    expect(closed()).toMatchObject({ isApplication: true, closeCode })
  })

  it('ends the link when the peer opens a second one', async () => {
    const { clock, side, session } = await speaking()
    const second = session.tryOpenStream() as Stream
    second.handle(new Reader())
    second.write(HEADER)
    clock.advance(10_000)
    expect(side.closes).toMatchObject([{ code: 'ASTRA_ERR_LINK_PROTOCOL' }])
  })

  it('may be reset by a peer that goes away, since that can overtake the go-away', async () => {
    const { clock, side, registry } = await speaking()
    registry.reset(StreamCode.GOING_AWAY)
    clock.run()
    expect(side.link.isOpen).toBe(true)
  })

  /** A raw peer that was sent a message and has not answered. */
  async function listening(answer: (stream: Stream) => void): ReturnType<typeof openRawPeer> {
    const peer = await openRawPeer({ hello: HELLO, onStream: answer })
    peer.side.link.sendRegistry(['hello'])
    peer.clock.run()
    return peer
  }

  it.each<[string, (stream: Stream) => void, RegExp]>([
    ['resets its direction', (s) => s.reset(5), /reset a registry stream/],
    ['reads it no more', (s) => s.stopSending(5), /stopped reading a registry stream/],
    ['ends it without an answer', (s) => s.end(), /without an answer/],
    ['answers what is no answer', (s) => s.write(encodeMessage('yes')), /an answer/],
    [
      'goes on behind the answer',
      (s) => s.write(Uint8Array.of(2, 0x91, 0, 2, 0x91, 0)),
      /other than an answer/,
    ],
  ])('of this side ends the link when the peer %s', async (_, act, message) => {
    const { clock, side } = await listening((stream) => {
      stream.handle(new Reader())
      act(stream)
    })
    clock.advance(10_000)
    expect(side.closes).toMatchObject([
      { code: 'ASTRA_ERR_LINK_PROTOCOL', message: expect.stringMatching(message) },
    ])
  })
})
