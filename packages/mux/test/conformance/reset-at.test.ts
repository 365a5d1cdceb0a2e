import { describe, expect, it } from 'vitest'
import { frames } from './frames.js'
import { names, Wire, type Sent } from './wire.js'

const { stream, reset, resetAt, stop, maxStreamData, maxData } = frames

function bytes(value: string): Uint8Array {
  return new Uint8Array(Buffer.from(value))
}

function aboutStreams(sent: Sent[]): Sent[] {
  return sent.filter(([name]) => /STREAM/.test(name))
}

describe('RESET_STREAM_AT, sent', () => {
  it('goes behind all of its reliable bytes, and the rest is dropped', () => {
    const wire = new Wire()
    const a = wire.open()
    a.write(bytes('reliable and not'))
    a.resetAt(8, 3)
    expect(aboutStreams(wire.sent())).toEqual([
      ['STREAM', a.id, 0, 'reliable', false],
      ['RESET_STREAM_AT', a.id, 3, 8, 8],
    ])
  })

  it('waits for the credit that its bytes need, of the stream and of the session', () => {
    const wire = new Wire({ peer: { initialMaxStreamDataBidiRemote: 3, initialMaxData: 5 } })
    const a = wire.open(false, 0)
    a.write(bytes('reliable'))
    a.resetAt(8, 3)
    expect(names(aboutStreams(wire.sent()))).not.toContain('RESET_STREAM_AT')
    wire.send(maxStreamData(a.id, 100))
    expect(names(aboutStreams(wire.sent()))).not.toContain('RESET_STREAM_AT')
    wire.send(maxData(8))
    expect(aboutStreams(wire.sent())).toEqual([
      ['STREAM', a.id, 5, 'ble', false],
      ['RESET_STREAM_AT', a.id, 3, 8, 8],
    ])
  })

  it('never raises its reliable size, and changes neither code nor final size once sent', () => {
    const wire = new Wire()
    const a = wire.open()
    a.write(bytes('0123456789'))
    a.resetAt(6, 3)
    expect(() => a.resetAt(9, 3)).toThrow('"reliableSize" is out of range. It must be >= 0 && <= 6')
    a.resetAt(4, 3)
    expect(aboutStreams(wire.sent())).toEqual([
      ['STREAM', a.id, 0, '0123', false],
      ['RESET_STREAM_AT', a.id, 3, 4, 4],
    ])
    a.resetAt(2, 8)
    a.reset(9)
    a.end()
    wire.send(stop(a.id, 9))
    expect(aboutStreams(wire.sent())).toEqual([])
  })

  it('is not what answers STOP_SENDING: that is RESET_STREAM', () => {
    const wire = new Wire({ peer: { initialMaxStreamDataBidiRemote: 3 } })
    const a = wire.open()
    a.write(bytes('reliable'))
    a.resetAt(8, 3)
    wire.sent()
    wire.send(stop(a.id, 44))
    expect(aboutStreams(wire.sent())).toEqual([['RESET_STREAM', a.id, 44, 3]])
  })
})

describe('RESET_STREAM_AT, received', () => {
  it('delivers the reliable bytes first, whether they came before it or come behind it', () => {
    const wire = new Wire()
    wire.send(stream(0, 0, 'reliable and not'), resetAt(0, 5, 16, 8))
    expect(wire.logs.get(0)?.text.slice(0, 8)).toBe('reliable')
    expect(wire.logs.get(0)?.events).toEqual(['data', 'reset'])
    wire.send(stream(4, 0, 'rel'), resetAt(4, 5, 16, 8))
    expect(wire.logs.get(4)?.events).toEqual(['data'])
    wire.send(stream(4, 3, 'iable'))
    expect(wire.logs.get(4)?.events).toEqual(['data', 'reset'])
    expect(wire.logs.get(4)?.resetCode).toBe(5)
  })

  it('keeps reliable bytes that wait unread for the application', () => {
    const wire = new Wire({ onStream: () => {} })
    wire.send(stream(0, 0, 'reliable'), resetAt(0, 5, 8, 8))
    const log = wire.log(wire.streams[0]!)
    expect(log.text).toBe('reliable')
    expect(log.events).toEqual(['data', 'reset'])
  })

  it('with a lower reliable size than before expects no more than that', () => {
    const wire = new Wire()
    wire.send(stream(0, 0, 'abc'), resetAt(0, 5, 16, 8))
    wire.send(resetAt(0, 5, 16, 3))
    expect(wire.logs.get(0)?.events).toEqual(['data', 'reset'])
    wire.send(stream(4, 0, 'abc'), resetAt(4, 5, 16, 8), reset(4, 5, 16))
    expect(wire.logs.get(4)?.events).toEqual(['data', 'reset'])
  })

  it('with a higher reliable size than before changes nothing', () => {
    const wire = new Wire()
    wire.send(stream(0, 0, 'abc'), resetAt(0, 5, 16, 4), resetAt(0, 5, 16, 10))
    expect(wire.core.isClosing).toBe(false)
    wire.send(stream(0, 3, 'd'))
    expect(wire.logs.get(0)?.events).toEqual(['data', 'reset'])
    wire.send(resetAt(0, 5, 16, 16))
    expect(wire.core.isClosing).toBe(false)
  })

  it('with another code than before is STREAM_STATE_ERROR', () => {
    for (const second of [resetAt(0, 6, 16, 2), reset(0, 6, 16)]) {
      const waiting = new Wire()
      waiting.send(resetAt(0, 5, 16, 4), second)
      waiting.expectClosedWith('STREAM_STATE_ERROR')
      const complete = new Wire()
      complete.send(stream(0, 0, 'abcd'), resetAt(0, 5, 16, 4), second)
      complete.expectClosedWith('STREAM_STATE_ERROR')
    }
  })

  it('with another final size than before is FINAL_SIZE_ERROR, also when a FIN says it', () => {
    for (const second of [resetAt(0, 5, 17, 2), reset(0, 5, 15), stream(0, 0, 'abcdef', true)]) {
      const wire = new Wire()
      wire.send(resetAt(0, 5, 16, 10), second)
      wire.expectClosedWith('FINAL_SIZE_ERROR')
    }
  })

  it('with a reliable size above its final size is FRAME_ENCODING_ERROR', () => {
    const wire = new Wire()
    wire.send(frames.raw('24 00 00 04 05'))
    wire.expectClosedWith('FRAME_ENCODING_ERROR')
  })

  it('with a final size beyond either window is FLOW_CONTROL_ERROR', () => {
    const wire = new Wire()
    wire.send(resetAt(0, 0, 16_385, 0))
    wire.expectClosedWith('FLOW_CONTROL_ERROR')
    const session = new Wire({ maxReceiveBufferBytes: 65_536 })
    session.send(resetAt(0, 0, 16_384, 16_384), resetAt(4, 0, 16_384, 16_384), resetAt(8, 0, 1, 1))
    session.expectClosedWith('FLOW_CONTROL_ERROR')
  })
})
