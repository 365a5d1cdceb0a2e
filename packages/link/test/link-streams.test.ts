import { describe, expect, it } from 'vitest'
import { encodeMessage } from '@astranet/frame/message'
import { toNodeId } from '@astranet/interface'
import {
  CloseCode,
  DialError,
  HEADER_TIMEOUT_MS,
  MAX_PENDING_HEADERS,
  MAX_PARTIAL_HEADERS,
  RefusalReason,
  StreamCode,
  type LinkOptions,
} from '@astranet/link'
import type { Stream } from '@astranet/mux'
import { memoryPipe, type MemoryEnd } from './support/memory-pipe.js'
import { openRawPeer } from './support/raw-peer.js'
import { bytes, Dials, Reader, Side } from './support/side.js'
import { VirtualClock } from './support/virtual-clock.js'

interface Pair {
  clock: VirtualClock
  left: Side
  right: Side
  pipe: MemoryEnd
}

/** Two open links; the left one dialed. */
async function openPair(options: Partial<LinkOptions> = {}, pieceBytes?: number): Promise<Pair> {
  const clock = new VirtualClock()
  const [one, other] = memoryPipe(clock, pieceBytes)
  const left = new Side(one, { ...options, id: 1n, clock, role: 'dialer' })
  const right = new Side(other, { ...options, id: 2n, clock, role: 'acceptor' })
  left.link.start()
  right.link.start()
  await clock.settle()
  return { clock, left, right, pipe: one }
}

const header = { kind: 'dial', port: 80, sourcePort: 7 } as const

/** Accepts whatever comes and keeps what is read from it. */
function acceptAll(side: Side): Reader[] {
  const readers: Reader[] = []
  side.onStream = ({ stream }) => {
    const reader = new Reader()
    readers.push(reader)
    side.link.accept(stream)
    stream.handle(reader)
  }
  return readers
}

describe('a dial', () => {
  it.each([
    ['the dialer of the link', 'left', 'right'],
    ['its acceptor', 'right', 'left'],
  ] as const)('by %s is accepted, and bytes go both ways', async (_, here, there) => {
    const { clock, ...sides } = await openPair()
    const readers = acceptAll(sides[there])
    const dials = new Dials()
    sides[here].link.dial(header, dials, 'mine')
    clock.run()
    expect(sides[there].incoming[0]?.header).toMatchObject({
      kind: 'dial',
      port: 80,
      sourcePort: 7,
      sourceNode: undefined,
    })
    const { stream, dial } = dials.accepted[0]!
    expect([dial.context, dial.isFinished, stream.context]).toEqual(['mine', true, undefined])
    const reader = new Reader()
    stream.handle(reader)
    stream.write(bytes('hello'))
    sides[there].incoming[0]?.stream.write(bytes('welcome'))
    clock.run()
    stream.end()
    sides[there].incoming[0]?.stream.end()
    clock.run()
    expect(readers[0]?.text).toBe('hello')
    expect(reader).toMatchObject({ text: 'welcome', ends: 1, closes: 1, errors: [] })
  })

  it('may send bytes before the answer; they arrive behind the header, whatever the pieces', async () => {
    for (const pieceBytes of [1, 3, Infinity]) {
      const { clock, left, right } = await openPair({}, pieceBytes)
      const readers = acceptAll(right)
      const dial = left.link.dial(header, new Dials())
      dial.stream?.write(bytes('early '))
      dial.stream?.write(bytes('bird'))
      dial.stream?.end()
      clock.run()
      expect((right.incoming[0]?.rest ?? '') + (readers[0]?.text ?? '')).toBe('early bird')
      expect(readers[0]?.ends).toBe(1)
    }
  })

  it('of a stream that has no owner yet keeps its bytes until it has one', async () => {
    const { clock, left, right } = await openPair()
    const dials = new Dials()
    const dial = left.link.dial(header, dials)
    clock.run()
    dial.stream?.write(bytes('waiting'))
    clock.run()
    const { stream } = right.incoming[0]!
    right.link.accept(stream)
    stream.write(bytes('answer'))
    clock.run()
    const [reader, answer] = [new Reader(), new Reader()]
    stream.handle(reader)
    dials.accepted[0]?.stream.handle(answer)
    expect(reader.text).toBe('waiting')
    expect(dials.accepted[0]!.rest + answer.text).toBe('answer')
  })

  it('that is refused fails with the code of the reason, and the stream goes away on both sides', async () => {
    const { clock, left, right } = await openPair()
    right.onStream = ({ stream }) => right.link.refuse(stream, RefusalReason.FORBIDDEN, 'not for you')
    const dials = new Dials()
    left.link.dial(header, dials)
    clock.run()
    expect(dials.failed).toMatchObject([
      {
        code: 'EACCES',
        reason: RefusalReason.FORBIDDEN,
        message: 'the peer refused the stream: not for you',
      },
    ])
    expect(dials.failed[0]).toBeInstanceOf(DialError)
    expect([left.link.session?.openStreams, right.link.session?.openStreams]).toEqual([1, 1])
  })

  it('waits for the link to open, and for the peer to allow more streams, in order', async () => {
    const clock = new VirtualClock()
    const [one, other] = memoryPipe(clock)
    const sessionOptions = { maxConcurrentStreams: 3 }
    const left = new Side(one, { id: 1n, clock, role: 'dialer' })
    const right = new Side(other, { id: 2n, clock, role: 'acceptor', sessionOptions })
    const dials = new Dials()
    const list = [1, 2, 3, 4].map((port) => left.link.dial({ ...header, port }, dials, port))
    expect(list[0]?.stream).toBeUndefined()
    left.link.start()
    right.link.start()
    acceptAll(right)
    await clock.settle()
    const ports = (): unknown[] => dials.accepted.map(({ dial }) => dial.context)
    expect(ports()).toEqual([1, 2])
    list[2]?.cancel()
    for (const { stream } of dials.accepted) stream.destroy()
    for (const { stream } of right.incoming) stream.destroy()
    clock.run()
    expect(ports()).toEqual([1, 2, 4])
    expect(dials.failed).toEqual([])
  })

  it('that is cancelled reports nothing more, before or after it has a stream', async () => {
    const { clock, left, right } = await openPair()
    acceptAll(right)
    const dials = new Dials()
    const dial = left.link.dial(header, dials)
    dial.cancel()
    dial.cancel()
    clock.run()
    expect([dials.accepted, dials.failed]).toEqual([[], []])
    expect(left.link.session?.openStreams).toBe(1)
    expect(right.link.session?.openStreams).toBe(1)
  })

  it('that is closed reports nothing more, and a peer that accepts reads what was written, and an end', async () => {
    const { clock, left, right } = await openPair()
    const readers = acceptAll(right)
    const dials = new Dials()
    const dial = left.link.dial(header, dials)
    dial.stream?.write(bytes('early'))
    dial.close()
    dial.close()
    clock.run()
    expect([dials.accepted, dials.failed]).toEqual([[], []])
    expect(right.incoming.map(({ rest }) => rest)).toEqual(['early'])
    expect(readers).toMatchObject([{ ends: 1, errors: [] }])
  })

  it('that is pending fails when the link is closed, destroyed, or its pipe breaks, and later ones fail too', async () => {
    const ends: ((pair: Pair) => void)[] = [
      ({ left }) => left.link.close(),
      ({ left }) => left.link.destroy(new Error('cut')),
      ({ right }) => right.link.close(CloseCode.GOING_AWAY, 'good night'),
      ({ pipe }) => pipe.abort(new Error('cable')),
    ]
    for (const end of ends) {
      const pair = await openPair()
      const dials = new Dials()
      pair.left.link.dial(header, dials)
      pair.clock.run()
      end(pair)
      pair.clock.advance(10_000)
      expect(dials.failed).toMatchObject([{ code: 'ECONNRESET' }])
      pair.left.link.dial(header, dials)
      expect(dials.failed).toHaveLength(1)
      pair.clock.run()
      expect(dials.failed).toMatchObject([{}, { code: 'ECONNRESET' }])
      expect([pair.left.closes.length, pair.right.closes.length]).toEqual([1, 1])
      expect(pair.clock.timers).toBe(0)
    }
  })

  it('that waits for credit fails when the link ends', async () => {
    const { clock, left } = await openPair({ sessionOptions: { maxConcurrentStreams: 2 } })
    const dials = new Dials()
    for (let count = 0; count < 3_000; count++) left.link.dial(header, dials)
    left.link.close()
    expect(dials.failed).toEqual([])
    clock.advance(10_000)
    expect(dials.failed).toHaveLength(3_000)
  })

  it('whose header never left when its link broke may be retried elsewhere; one that was asked may not', async () => {
    const { clock, left, right } = await openPair({ sessionOptions: { maxConcurrentStreams: 2 } })
    const dials = new Dials()
    for (let count = 0; count < 2; count++) left.link.dial(header, dials)
    clock.run()
    right.link.destroy(new Error('power cut'))
    clock.run()
    left.link.dial(header, dials)
    clock.run()
    expect(dials.failed.map(({ code, isRetryable }) => [code, isRetryable]).sort()).toEqual([
      ['ECONNRESET', false],
      ['ECONNRESET', true],
      ['ECONNRESET', true],
    ])
  })

  it('fails when the peer resets or ends the stream instead of answering, or answers nonsense', async () => {
    const answers: [code: string, (side: Side) => void][] = [
      ['ECONNRESET', ({ incoming }) => incoming[0]?.stream.destroy(StreamCode.INTERNAL_ERROR)],
      ['ECONNRESET', ({ incoming }) => incoming[0]?.stream.end()],
      ['EPROTO', ({ incoming }) => incoming[0]?.stream.write(encodeMessage({ no: 'answer' }))],
      ['EPROTO', ({ incoming }) => incoming[0]?.stream.write(encodeMessage([1, 'x'.repeat(2_000)]))],
    ]
    for (const [code, answer] of answers) {
      const { clock, left, right } = await openPair()
      const dials = new Dials()
      left.link.dial(header, dials)
      clock.run()
      answer(right)
      clock.run()
      expect(dials.failed).toMatchObject([{ code }])
      expect(left.link.isOpen).toBe(true)
    }
  })

  it('with a wrong header throws and names the field', async () => {
    const { left } = await openPair()
    const dial = (fields: object): (() => void) => {
      return () => left.link.dial({ ...header, ...fields }, new Dials())
    }
    expect(dial({ port: -1 })).toThrow(/^header\.port should be >= 0/)
    expect(dial({ sourcePort: 2 ** 32 })).toThrow(/^header\.sourcePort should be >= 0/)
    expect(dial({ service: 'a b' })).toThrow(
      /^The property 'header\.service' must not contain control characters, white space, ":", "\/" or "@"/,
    )
    expect(dial({ environment: 'prod' })).toThrow(/environment/)
    expect(() => left.link.dial({ kind: 'tunnel', path: [], position: 1 }, new Dials())).toThrow(/path/)
  })

  it('that was accepted and reset before it was taken over is found closed', async () => {
    const { clock, left, right } = await openPair()
    acceptAll(right)
    const dials = new Dials()
    left.link.dial(header, dials)
    clock.run()
    right.incoming[0]?.stream.destroy()
    clock.run()
    const reader = new Reader()
    dials.accepted[0]?.stream.handle(reader)
    expect(reader.closes).toBe(1)
  })
})

describe('a stream of the peer', () => {
  it('for a tunnel brings its path', async () => {
    const { clock, left, right } = await openPair()
    const path = [toNodeId(1n), toNodeId(2n), toNodeId(3n)]
    left.link.dial({ kind: 'tunnel', path, position: 1 }, new Dials())
    clock.run()
    expect(right.incoming[0]?.header).toEqual({ kind: 'tunnel', path, position: 1 })
  })

  it.each([
    ['a header that is no array', { a: 1 }, RefusalReason.INVALID],
    ['a header too large', [1, 80, null, 7, 'x'.repeat(1_024)], RefusalReason.INVALID],
    ['a kind to come', [9, 'x'], RefusalReason.NOT_SUPPORTED],
    ['the id of another node as its source', [1, 80, new Uint8Array(8), 7], RefusalReason.FORBIDDEN],
  ])('with %s is refused, and the link goes on', async (_, value, reason) => {
    const { clock, left, right } = await openPair()
    const reader = new Reader()
    const stream = left.link.session!.tryOpenStream()!
    stream.handle(reader)
    stream.write(encodeMessage(value))
    clock.run()
    expect(right.incoming).toEqual([])
    expect(reader.text).toContain(String.fromCharCode(reason))
    expect(reader.ends).toBe(1)
    expect(right.link.isOpen).toBe(true)
    expect(right.link.session?.openStreams).toBe(1)
  })

  it('that ends or breaks off within its header goes away', async () => {
    const { clock, left, right } = await openPair()
    for (const end of ['end', 'destroy'] as const) {
      const stream = left.link.session!.tryOpenStream()!
      stream.handle(new Reader())
      stream.write(encodeMessage([1, 80, null, 7]).subarray(0, 3))
      clock.run()
      stream[end]()
      clock.run()
    }
    expect(right.incoming).toEqual([])
    expect(right.link.session?.openStreams).toBe(1)
  })

  it('with an unfinished header is reset when too many have one, and counts no more when it is gone', async () => {
    const { clock, left, right } = await openPair()
    const begun = Array.from({ length: MAX_PARTIAL_HEADERS + 1 }, () => {
      const stream = left.link.session!.tryOpenStream()!
      const reader = new Reader()
      stream.handle(reader)
      stream.write(encodeMessage([1, 80, null, 7]).subarray(0, 3))
      return { stream, reader }
    })
    clock.run()
    expect(begun.filter(({ reader }) => reader.errors.length > 0)).toEqual([begun.at(-1)])
    for (const { stream } of begun) stream.destroy()
    clock.run()
    const dial = left.link.dial(header, new Dials())
    clock.run()
    expect(dial.stream?.isClosed).toBe(false)
    expect(right.incoming).toHaveLength(1)
  })

  it('that does not say in time what it is for is reset, and others are not', async () => {
    const { clock, left, right } = await openPair()
    const open = (bytesOfHeader: number): { stream: Stream; reader: Reader } => {
      const stream = left.link.session!.tryOpenStream()!
      const reader = new Reader()
      stream.handle(reader)
      if (bytesOfHeader > 0) stream.write(encodeMessage([1, 80, null, 7]).subarray(0, bytesOfHeader))
      clock.run()
      return { stream, reader }
    }
    acceptAll(right)
    const silent = open(0)
    const complete = open(Infinity)
    clock.advance(HEADER_TIMEOUT_MS / 2)
    const begun = open(3)
    clock.advance(HEADER_TIMEOUT_MS / 2 - 1)
    expect(silent.reader.errors).toEqual([])
    clock.advance(1)
    expect(silent.reader.errors).toMatchObject([{ applicationCode: StreamCode.HEADER_INVALID }])
    expect([begun.reader.errors, complete.reader.errors]).toEqual([[], []])
    clock.advance(HEADER_TIMEOUT_MS / 2)
    expect(begun.reader.errors).toMatchObject([{ applicationCode: StreamCode.HEADER_INVALID }])
    expect(complete.reader.errors).toEqual([])
    expect([silent.stream.isClosed, begun.stream.isClosed, complete.stream.isClosed]).toEqual([
      true,
      true,
      false,
    ])
    expect(right.link.session?.openStreams).toBe(2)
  })

  it('that does not say what it is for is reset when too many do not, and counts no more when it is gone', async () => {
    const { clock, left, right } = await openPair()
    const reader = new Reader()
    const streams: Stream[] = []
    const openOne = (): void => {
      let stream = left.link.session!.tryOpenStream()
      if (stream === undefined) clock.run()
      stream ??= left.link.session!.tryOpenStream()
      stream!.handle(reader)
      streams.push(stream!)
    }
    while (streams.length < MAX_PENDING_HEADERS) openOne()
    clock.run()
    expect(reader.errors).toEqual([])
    openOne()
    clock.run()
    expect(reader.errors).toMatchObject([{ applicationCode: StreamCode.HEADER_INVALID }])
    expect(streams.at(-1)?.isClosed).toBe(true)
    streams[5]!.end()
    clock.run()
    acceptAll(right)
    const dials = new Dials()
    left.link.dial(header, dials)
    clock.run()
    expect(dials.accepted).toHaveLength(1)
    clock.advance(HEADER_TIMEOUT_MS)
    expect(right.link.session?.openStreams).toBe(2)
    expect(right.link.isOpen && left.link.isOpen).toBe(true)
  })

  it('that was opened by a link now over leaves no deadline behind', async () => {
    for (const end of ['close', 'destroy'] as const) {
      const { clock, left, right } = await openPair()
      left.link.session!.tryOpenStream()!.handle(new Reader())
      clock.run()
      right.link[end]()
      clock.advance(10_000)
      expect([left.closes.length, right.closes.length, clock.timers]).toEqual([1, 1, 0])
    }
  })
})

describe('control messages', () => {
  it('arrive whole and in order, up to 262,144 bytes', async () => {
    const { clock, left, right } = await openPair({}, 1_000)
    const large = new Uint8Array(262_144 - 16).fill(7)
    left.link.send(0x10, { digest: [1, 2] })
    left.link.send(0xffff, large)
    right.link.send(0x20, null)
    clock.run()
    expect(right.messages).toEqual([
      [0x10, { digest: [1, 2] }],
      [0xffff, large],
    ])
    expect(left.messages).toEqual([[0x20, null]])
    expect(() => left.link.send(0x10, new Uint8Array(262_144))).toThrow(RangeError)
    expect(() => left.link.send(1, null)).toThrow(RangeError)
  })

  it('are not asked for while a peer that does not read has 65,536 bytes of them to come', async () => {
    const { clock, side, control } = await openRawPeer()
    const { link } = side
    control.write(encodeMessage([0x10, null]))
    control.pause()
    clock.run()
    expect(link.canSend).toBe(true)
    let sent = 0
    while (link.canSend && sent < 10_000) {
      link.send(0x20, new Uint8Array(1_000))
      sent += 1
      clock.run()
    }
    // 65,536 bytes wait here at least.
    expect(sent).toBeGreaterThan(60)
    // The peer's window, and what may wait here.
    expect(sent).toBeLessThan(1_000)
    control.resume()
    clock.run()
    expect(link.canSend).toBe(true)
  })

  it('are dropped when the link is not open', async () => {
    const { clock, left } = await openPair()
    left.link.close()
    expect(left.link.send(0x10, 1)).toBe(false)
    clock.advance(10_000)
    expect(left.link.send(0x10, 1)).toBe(false)
  })
})

describe('a ping', () => {
  it('resolves with the round trip, and rejects when the link ends or is not open', async () => {
    const { clock, left } = await openPair()
    const first = left.link.ping()
    clock.run()
    await expect(first).resolves.toBe(0)
    const second = left.link.ping()
    left.link.destroy()
    clock.run()
    await expect(second).rejects.toThrow()
    await expect(left.link.ping()).rejects.toMatchObject({ code: 'ASTRA_ERR_LINK_CLOSED' })
  })
})

describe('going away', () => {
  it('stops new streams, spares the open ones, and says which were not processed', async () => {
    const { clock, left, right } = await openPair()
    const readers = acceptAll(right)
    const dials = new Dials()
    left.link.dial(header, dials)
    clock.run()
    right.link.goAway()
    right.link.goAway()
    const late = left.link.dial(header, dials)
    clock.run()
    expect(left.goAways).toEqual([8])
    expect(late.isFinished).toBe(true)
    expect(dials.failed).toMatchObject([{ code: 'ECONNRESET', isRetryable: true }])
    expect([left.link.isDialable, right.link.isDialable, left.link.isOpen]).toEqual([false, false, true])
    dials.accepted[0]?.stream.write(bytes('still here'))
    clock.run()
    expect(readers[0]?.text).toBe('still here')
    left.link.dial(header, dials)
    right.link.dial(header, dials)
    clock.run()
    expect(dials.failed.slice(1)).toMatchObject([
      { code: 'ECONNREFUSED', isRetryable: true },
      { code: 'ECONNREFUSED', isRetryable: true },
    ])
  })

  it('and draining ends the link when the last stream has ended, cleanly on both sides', async () => {
    const { clock, left, right } = await openPair()
    acceptAll(right)
    const dials = new Dials()
    left.link.dial(header, dials)
    clock.run()
    const drained = right.link.drain()
    clock.run()
    expect([left.closes, right.closes]).toEqual([[], []])
    expect([left.link.isOpen, right.link.isOpen]).toEqual([true, true])
    dials.accepted[0]?.stream.handle(new Reader())
    dials.accepted[0]?.stream.end()
    right.incoming[0]?.stream.end()
    clock.run()
    await drained
    clock.advance(10_000)
    expect([left.closes, right.closes]).toEqual([[undefined], [undefined]])
    expect(clock.timers).toBe(0)
  })

  it('by both at once ends the link as well', async () => {
    const { clock, left, right } = await openPair()
    const drained = Promise.all([left.link.drain(), right.link.drain()])
    clock.run()
    await drained
    clock.advance(10_000)
    expect([left.closes, right.closes]).toEqual([[undefined], [undefined]])
  })

  it('of a link that is not open closes it', async () => {
    const clock = new VirtualClock()
    const side = new Side(memoryPipe(clock)[0], { id: 1n, clock })
    side.link.start()
    await side.link.drain()
    clock.run()
    expect(side.closes).toEqual([undefined])
  })
})

describe('a link that is open closes', () => {
  it('with the code and the reason for both to see', async () => {
    const { clock, left, right } = await openPair()
    left.link.close(CloseCode.DUPLICATE, 'another is preferred')
    clock.advance(10_000)
    expect(left.closes).toMatchObject([{ code: 'ASTRA_ERR_LINK_DUPLICATE' }])
    expect(right.closes).toMatchObject([{ code: 'ASTRA_ERR_LINK_DUPLICATE' }])
    expect((right.closes[0] as Error).message).toContain('another is preferred')
  })

  it('without an error when it is just not wanted any more', async () => {
    const { clock, left, right } = await openPair()
    left.link.close()
    clock.advance(10_000)
    expect([left.closes, right.closes]).toEqual([[undefined], [undefined]])
  })

  it('once only, whatever is called from inside its last event', async () => {
    const { clock, left } = await openPair()
    left.onClose = () => {
      left.link.close()
      left.link.destroy()
      left.link.goAway()
      void left.link.drain()
    }
    left.link.close()
    clock.advance(10_000)
    expect(left.closes).toEqual([undefined])
  })

  it.each([
    ['a control message that is no array', encodeMessage('nonsense'), CloseCode.PROTOCOL_ERROR],
    ['a control message too large', Uint8Array.of(0x80, 0x04, 0x00, 0x01), CloseCode.MESSAGE_TOO_LARGE],
    ['a message that is no msgpack', Uint8Array.of(1, 0xc1), CloseCode.PROTOCOL_ERROR],
    ['a go-away for streams that it opens itself', encodeMessage([1, 4]), CloseCode.PROTOCOL_ERROR],
    ['the end of the control stream', undefined, CloseCode.PROTOCOL_ERROR],
  ])('when the peer sends %s', async (_, message, closeCode) => {
    const { clock, side, control, closed } = await openRawPeer()
    expect(side.link.isOpen).toBe(true)
    if (message === undefined) control.end()
    else control.write(message)
    clock.advance(10_000)
    expect(side.closes).toMatchObject([{ closeCode }])
    expect(closed()).toMatchObject({ isApplication: true, closeCode })
  })

  it('when the peer resets the control stream or stops reading it', async () => {
    for (const call of ['reset', 'stopSending'] as const) {
      const { clock, side, control } = await openRawPeer()
      control[call](5)
      clock.advance(10_000)
      expect(side.closes).toMatchObject([{ closeCode: CloseCode.PROTOCOL_ERROR }])
    }
  })

  it('but not for a control message of a type that is to come', async () => {
    const { clock, side, control } = await openRawPeer()
    control.write(encodeMessage([0x0e, 'later']))
    control.write(encodeMessage([0x10, 'now']))
    clock.run()
    expect(side.messages).toEqual([[0x10, 'now']])
  })
})
