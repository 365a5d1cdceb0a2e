import { describe, expect, it } from 'vitest'
import { frames, record } from './frames.js'
import { names, Wire } from './wire.js'

const { stream, raw, ping, pong } = frames

describe('records', () => {
  it('that are sent stay within the largest size the peer takes, each frame whole in one of them', () => {
    for (const [maxRecordSizeBytes, most] of [
      [undefined, 16_382],
      [16_383, 16_383],
      [40_000, 40_000],
    ] as const) {
      const wire = new Wire({ peer: maxRecordSizeBytes === undefined ? {} : { maxRecordSizeBytes } })
      for (let i = 0; i < 40; i++) wire.open().write(new Uint8Array(500 * i).fill(i))
      wire.open().write(new Uint8Array(300_000))
      // The decoder behind `sent` fails at a frame that goes on in the next record.
      wire.sent()
      expect(Math.max(...wire.recordSizes)).toBeLessThanOrEqual(most)
      expect(Math.max(...wire.recordSizes)).toBeGreaterThan(most - 3_000)
    }
  })

  it('of one frame cut off by the end of the record are FRAME_ENCODING_ERROR', () => {
    const wire = new Wire()
    wire.send(stream(0, 0, 'good'), raw('10'))
    wire.expectClosedWith('FRAME_ENCODING_ERROR')
  })

  it('above the size that was declared are FRAME_ENCODING_ERROR before their bytes come', () => {
    const wire = new Wire({ maxRecordSizeBytes: 20_000 })
    wire.receive(record(stream(0, 0, 'x'.repeat(16_000)), raw('00'.repeat(3_990))))
    expect(wire.core.isClosing).toBe(false)
    wire.receive(Buffer.from('80004e21', 'hex'))
    wire.expectClosedWith('FRAME_ENCODING_ERROR')
  })

  it('without any frame are PROTOCOL_VIOLATION', () => {
    const wire = new Wire()
    wire.receive(new Uint8Array([0]))
    wire.expectClosedWith('PROTOCOL_VIOLATION')
  })

  it('that are sent hold at least one frame each', () => {
    const wire = new Wire()
    for (let i = 0; i < 3; i++) wire.open().end()
    wire.sent()
    wire.core.close(0, '')
    wire.sent()
    expect(Math.min(...wire.recordSizes)).toBeGreaterThan(0)
  })
})

describe('frame types', () => {
  it('that QMux prohibits are FRAME_ENCODING_ERROR', () => {
    for (const frame of [
      '01',
      '0200000000',
      '0300000000000000',
      '060000',
      '070100',
      '1801000104',
      '1900',
      '1a',
      '1b',
      '1e',
    ]) {
      const wire = new Wire()
      wire.send(raw(frame + '00'.repeat(24)))
      wire.expectClosedWith('FRAME_ENCODING_ERROR')
    }
  })

  it('that QMux prohibits, or that were not negotiated, are never sent', () => {
    const wire = new Wire({ peer: { resetStreamAt: false, maxDatagramFrameSizeBytes: 0 } })
    const a = wire.open()
    a.write(Buffer.from('abc'))
    a.end()
    expect(() => wire.open().resetAt(0)).toThrow('RESET_STREAM_AT')
    wire.send(stream(0, 0, 'x'.repeat(10_000)), ping(3))
    // The decoder behind `sent` knows only what QMux permits, and fails at everything else.
    const sent = new Set(names(wire.sent()))
    wire.core.close(1, 'bye')
    for (const name of names(wire.sent())) sent.add(name)
    expect([...sent].sort()).toEqual(['CONNECTION_CLOSE', 'MAX_STREAM_DATA', 'QX_PING response', 'STREAM'])
  })

  it('that nobody knows are FRAME_ENCODING_ERROR', () => {
    for (const type of ['21', '3f', '4040', 'c000000040000000', '25']) {
      const wire = new Wire()
      wire.send(raw(type))
      wire.expectClosedWith('FRAME_ENCODING_ERROR')
    }
  })

  it('in a longer encoding than they need are PROTOCOL_VIOLATION', () => {
    const wire = new Wire()
    wire.send(raw('4010 05'))
    wire.expectClosedWith('PROTOCOL_VIOLATION')
  })
})

describe('stream data', () => {
  it('is sent in order of its offsets, however it was written', () => {
    const wire = new Wire()
    const streams = [wire.open(), wire.open(true), wire.open()]
    const written = new Map<number, string>()
    for (let i = 0; i < 300; i++) {
      const a = streams[i % 3]!
      const piece = `${i};`.repeat(1 + ((i * 37) % 1_200))
      written.set(a.id, (written.get(a.id) ?? '') + piece)
      a.write(Buffer.from(piece))
      if (i % 50 === 0) wire.core.accepted(0)
    }
    const got = new Map<number, string>()
    for (const [name, id, offset, text] of wire.sent()) {
      if (name !== 'STREAM') continue
      const sofar = got.get(id as number) ?? ''
      expect(offset).toBe(sofar.length)
      got.set(id as number, sofar + (text as string))
    }
    for (const [id, text] of written) expect(got.get(id)).toBe(text)
  })

  it('that leaves a gap is PROTOCOL_VIOLATION', () => {
    const wire = new Wire()
    wire.send(stream(0, 0, 'abc'), stream(0, 4, 'e'))
    wire.expectClosedWith('PROTOCOL_VIOLATION')
  })

  it('that was had before is PROTOCOL_VIOLATION', () => {
    const wire = new Wire()
    wire.send(stream(0, 0, 'abc'), stream(0, 2, 'c'))
    wire.expectClosedWith('PROTOCOL_VIOLATION')
  })

  it('reaches the application as the ordered bytes that were sent, interleaved with other streams', () => {
    const wire = new Wire()
    wire.send(stream(0, 0, 'one '), stream(4, 0, 'a'), stream(0, 4, 'two '), stream(2, 0, '!'))
    wire.send(stream(4, 1, 'b', true), stream(0, 8, 'three', true))
    expect([0, 2, 4].map((id) => wire.logs.get(id)?.text)).toEqual(['one two three', '!', 'ab'])
  })
})

describe('QX_PING', () => {
  it('is sent with numbers that rise', () => {
    const wire = new Wire({ role: 'client', peer: 'nothing', keepAliveIntervalMs: 1_000 })
    wire.receive(record(raw('ff5153300d0a0d0a00')))
    const numbers: number[] = []
    for (let i = 0; i < 5; i++) {
      for (const [name, number] of wire.sent()) {
        if (name !== 'QX_PING') continue
        numbers.push(number as number)
        wire.send(pong(number as number))
      }
      wire.now += 1_000
      wire.core.timeout(wire.now)
    }
    expect(numbers).toHaveLength(5)
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b))
    expect(new Set(numbers).size).toBe(5)
  })

  it('is answered with the number that came, up to 2^62 - 1', () => {
    const wire = new Wire()
    wire.send(ping(0))
    expect(wire.sent()).toContainEqual(['QX_PING response', 0])
    wire.send(ping(2 ** 40 + 3))
    expect(wire.sent()).toContainEqual(['QX_PING response', 2 ** 40 + 3])
    wire.send(raw('f48c67529ef8c7bd ffffffffffffffff'))
    const [bytes] = wire.gather() as [Uint8Array]
    expect(Buffer.from(bytes).toString('hex')).toContain('f48c67529ef8c7beffffffffffffffff')
  })

  it('that came several times before an answer left is answered once, with the largest number', () => {
    const wire = new Wire()
    wire.send(ping(1), ping(2), ping(77))
    expect(wire.sent()).toEqual([['QX_PING response', 77]])
  })

  it('answered with a number above the last that was sent is PROTOCOL_VIOLATION', () => {
    const wire = new Wire()
    wire.send(pong(2))
    wire.expectClosedWith('PROTOCOL_VIOLATION')
  })

  it('whose number does not rise is PROTOCOL_VIOLATION', () => {
    for (const second of [5, 4, 0]) {
      const wire = new Wire()
      wire.send(ping(5))
      wire.send(ping(second))
      wire.expectClosedWith('PROTOCOL_VIOLATION')
    }
  })
})
