import { describe, expect, it } from 'vitest'
import { frames } from './frames.js'
import { names, Wire, type Sent } from './wire.js'

const { stream, reset, stop, maxStreamData, maxStreams } = frames

function text(value: string): Uint8Array {
  return new Uint8Array(Buffer.from(value))
}

/** What of `sent` is about streams. */
function aboutStreams(sent: Sent[]): Sent[] {
  return sent.filter(([name]) => name !== 'MAX_DATA' && name !== 'QX_PING')
}

describe('stream ids', () => {
  it('name who opened the stream and whether it is unidirectional, and none is used twice', () => {
    for (const [role, first] of [
      ['client', [0, 4, 2, 6, 8, 12, 10]],
      ['server', [1, 5, 3, 7, 9, 13, 11]],
    ] as const) {
      const wire = new Wire({ role })
      const ids = [false, false, true, true, false, false, true].map((isUni) => {
        const a = wire.open(isUni)
        a.reset()
        wire.sent()
        return a.id
      })
      expect(ids).toEqual(first)
    }
  })

  it('of the peer open all lower ones of their kind', () => {
    const wire = new Wire()
    wire.send(stream(8, 0, 'third'))
    expect(wire.core.limits.peerBidi.opened).toBe(3)
    expect(wire.core.limits.peerUni.opened).toBe(0)
    // Frames for the lower ones are for open streams.
    wire.send(maxStreamData(4, 1 << 21), stop(0, 5), stream(4, 0, 'second'))
    expect(wire.core.isClosing).toBe(false)
    expect(wire.streams.map(({ id }) => id)).toEqual([8, 4, 0])
    expect(aboutStreams(wire.sent())).toContainEqual(['RESET_STREAM', 0, 5, 0])
  })
})

describe('urgency', () => {
  it('decides which stream sends first', () => {
    const wire = new Wire()
    for (const urgency of [7, 3, 0, 5]) wire.open(false, urgency).write(text(`u${urgency}`))
    const order = wire.sent().filter(([name, , , payload]) => name === 'STREAM' && payload !== '')
    expect(order.map(([, , , payload]) => payload)).toEqual(['u0', 'u3', 'u5', 'u7'])
  })
})

describe('a sending stream', () => {
  it('sends nothing more once its end was sent', () => {
    const wire = new Wire({ peer: { initialMaxStreamDataBidiRemote: 5 } })
    const a = wire.open()
    a.write(text('12345'))
    a.end()
    expect(names(wire.sent()).filter((name) => name === 'STREAM')).toHaveLength(1)
    a.reset(1)
    a.resetAt(0, 1)
    a.end()
    expect(() => a.write(text('more'))).toThrow('write after end')
    wire.send(stop(a.id, 9), maxStreamData(a.id, 100))
    expect(aboutStreams(wire.sent())).toEqual([])
  })

  it('sends neither STREAM nor STREAM_DATA_BLOCKED once it was reset', () => {
    const wire = new Wire({ peer: { initialMaxStreamDataBidiRemote: 5 } })
    const a = wire.open()
    a.write(text('1234567890'))
    a.reset(7)
    expect(aboutStreams(wire.sent())).toEqual([['RESET_STREAM', a.id, 7, 0]])
    const b = wire.open()
    b.write(text('1234567890'))
    wire.sent()
    b.reset(7)
    b.end()
    wire.send(maxStreamData(b.id, 100))
    expect(b.write(text('x'))).toBe(false)
    expect(aboutStreams(wire.sent())).toEqual([['RESET_STREAM', b.id, 7, 5]])
  })

  it('answers STOP_SENDING with RESET_STREAM of the same code, before and after it has sent', () => {
    const wire = new Wire()
    const sentSome = wire.open()
    sentSome.write(text('abc'))
    wire.sent()
    sentSome.write(text('never sent'))
    wire.send(stream(0, 0, 'never written to'), stop(sentSome.id, 2 ** 40), stop(0, 8))
    expect(aboutStreams(wire.sent())).toEqual([
      ['RESET_STREAM', sentSome.id, 2 ** 40, 3],
      ['RESET_STREAM', 0, 8, 0],
    ])
    expect(wire.logs.get(sentSome.id)?.stopCode).toBe(2 ** 40)
  })

  it('goes on in one direction when the other was reset', () => {
    const wire = new Wire({ peer: { initialMaxStreamDataBidiLocal: 4 } })
    wire.send(stream(0, 0, 'abc'), reset(0, 1, 3))
    const a = wire.streams[0]!
    a.write(text('12345678'))
    expect(aboutStreams(wire.sent())).toEqual([
      ['STREAM', 0, 0, '1234', false],
      ['STREAM_DATA_BLOCKED', 0, 4],
    ])
    wire.send(maxStreamData(0, 6))
    expect(aboutStreams(wire.sent())[0]).toEqual(['STREAM', 0, 4, '56', false])
  })
})

describe('a receiving stream', () => {
  it('that the application reads no more is told to the peer with STOP_SENDING', () => {
    const wire = new Wire()
    wire.send(stream(0, 0, 'abc'))
    wire.streams[0]!.stopSending(77)
    expect(aboutStreams(wire.sent())).toEqual([['STOP_SENDING', 0, 77]])
  })

  it('gets no STOP_SENDING once the peer has reset or ended it', () => {
    const wire = new Wire()
    wire.send(stream(0, 0, 'abc'), stream(4, 0, 'abc'), stream(8, 0, 'abc'), stream(12, 0, 'abc'))
    const [a, b, c, d] = wire.streams as [(typeof wire.streams)[0], (typeof wire.streams)[0], never, never]
    a.stopSending(1)
    b.stopSending(1)
    wire.send(reset(0, 5, 3), stream(4, 3, '', true), reset(8, 5, 3), stream(12, 3, '', true))
    ;[c, d].forEach((stream: typeof a) => stream.stopSending(1))
    expect(names(wire.sent())).not.toContain('STOP_SENDING')
  })

  it('gets no MAX_STREAM_DATA once its final size is known', () => {
    const wire = new Wire()
    wire.send(stream(0, 0, 'x'.repeat(9_000)), stream(4, 0, 'x'.repeat(9_000)))
    // The window was half used, so new credit is due; but nothing more can come.
    wire.send(stream(0, 9_000, '', true), reset(4, 0, 9_000))
    expect(names(wire.sent())).not.toContain('MAX_STREAM_DATA')
  })

  it('has its credit for opening and for data renewed without any BLOCKED frame', () => {
    const wire = new Wire({ maxReceiveBufferBytes: 65_536, maxConcurrentStreams: 2 })
    wire.send(stream(0, 0, 'x'.repeat(16_000), true))
    wire.streams[0]!.end()
    const kinds = names(wire.sent())
    wire.send(stream(4, 0, 'x'.repeat(15_000)))
    kinds.push(...names(wire.sent()))
    expect(kinds).toContain('MAX_STREAMS')
    expect(kinds).toContain('MAX_STREAM_DATA')
    expect(kinds).toContain('MAX_DATA')
  })
})

describe('opening streams', () => {
  it('stops at the peer’s limit with one STREAMS_BLOCKED of each kind', () => {
    const wire = new Wire({ peer: { initialMaxStreamsBidi: 2, initialMaxStreamsUni: 1 } })
    wire.open()
    wire.open()
    wire.open(true)
    for (let i = 0; i < 3; i++) {
      expect(wire.core.open(false, 3)).toBe(undefined)
      expect(wire.core.open(true, 3)).toBe(undefined)
    }
    const sent = wire.sent().filter(([name]) => name.startsWith('STREAMS_BLOCKED'))
    expect(sent).toEqual([
      ['STREAMS_BLOCKED', 2],
      ['STREAMS_BLOCKED_UNI', 1],
    ])
    wire.send(maxStreams(true, 3))
    expect(wire.open().id).toBe(9)
  })

  it('is not changed by a MAX_STREAMS that raises nothing', () => {
    const wire = new Wire({ peer: { initialMaxStreamsBidi: 2 } })
    wire.send(maxStreams(true, 1), maxStreams(true, 2), maxStreams(true, 0))
    expect(wire.core.isClosing).toBe(false)
    wire.open()
    wire.open()
    expect(wire.core.open(false, 3)).toBe(undefined)
  })

  it('beyond the limit this side set is STREAM_LIMIT_ERROR, one below is not', () => {
    const within = new Wire({ maxConcurrentStreams: 10, maxConcurrentUniStreams: 3 })
    within.send(stream(36, 0, 'x'), stream(10, 0, 'x'))
    expect(within.core.isClosing).toBe(false)
    for (const id of [40, 14, 2 ** 50]) {
      const wire = new Wire({ maxConcurrentStreams: 10, maxConcurrentUniStreams: 3 })
      wire.send(stream(id, 0, 'x'))
      wire.expectClosedWith('STREAM_LIMIT_ERROR')
    }
  })

  it('beyond 2^60 by MAX_STREAMS or STREAMS_BLOCKED is FRAME_ENCODING_ERROR, 2^60 is not', () => {
    for (const type of ['12', '13', '16', '17']) {
      const most = new Wire()
      most.send(frames.raw(`${type} d000000000000000`))
      expect(most.core.isClosing).toBe(false)
      const wire = new Wire()
      wire.send(frames.raw(`${type} d000000000000001`))
      wire.expectClosedWith('FRAME_ENCODING_ERROR')
    }
  })
})

describe('a frame for a stream that it cannot be for is STREAM_STATE_ERROR', () => {
  it('when this side has not opened the stream: STREAM, STOP_SENDING, MAX_STREAM_DATA, RESET_STREAM, STREAM_DATA_BLOCKED', () => {
    for (const frame of [
      stream(1, 0, 'x'),
      stop(1, 0),
      maxStreamData(1, 5),
      reset(1, 0, 0),
      frames.streamDataBlocked(1, 5),
      stop(3, 0),
      maxStreamData(3, 5),
    ]) {
      const wire = new Wire()
      wire.send(frame)
      wire.expectClosedWith('STREAM_STATE_ERROR')
    }
  })

  it('when only this side sends on it: STREAM, RESET_STREAM, STREAM_DATA_BLOCKED', () => {
    for (const frame of [stream(3, 0, 'x'), reset(3, 0, 0), frames.streamDataBlocked(3, 5)]) {
      const wire = new Wire()
      wire.open(true)
      wire.send(frame)
      wire.expectClosedWith('STREAM_STATE_ERROR')
    }
  })

  it('when only the peer sends on it: STOP_SENDING, MAX_STREAM_DATA', () => {
    for (const frame of [stop(2, 0), maxStreamData(2, 5)]) {
      const wire = new Wire()
      wire.send(stream(2, 0, 'x'))
      wire.send(frame)
      wire.expectClosedWith('STREAM_STATE_ERROR')
    }
  })
})
