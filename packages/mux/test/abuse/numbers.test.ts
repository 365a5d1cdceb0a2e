import { describe, expect, it } from 'vitest'
import { frames, record } from '../conformance/frames.js'
import { names, Wire } from '../conformance/wire.js'

const { raw, stream } = frames
/** 2^62 - 1 and its neighbours, 2^53 and around it, as integers of the wire. */
const HUGE = [
  'ffffffffffffffff',
  'fffffffffffffffe',
  'e000000000000000',
  'c020000000000000',
  'c01fffffffffffff',
]

describe('credit near 2^62 (GHSA-4w32-2493-32g7)', () => {
  it('in MAX_DATA and MAX_STREAM_DATA saturates: streams send on', () => {
    for (const value of HUGE) {
      const wire = new Wire({ peer: { initialMaxData: 10, initialMaxStreamDataBidiRemote: 10 } })
      const a = wire.open(false, 0)
      a.write(new Uint8Array(3_000))
      wire.sent()
      wire.send(raw(`10 ${value}`), raw(`11 01 ${value}`))
      wire.send(raw(`10 ${value}`), raw(`11 01 ${value}`), raw('10 05'))
      expect(names(wire.sent())).toContain('STREAM')
      expect(a.bufferedBytes).toBe(0)
      expect(wire.core.sendWindow.limit).toBeLessThanOrEqual(Number.MAX_SAFE_INTEGER)
    }
  })

  it('in transport parameters saturates: streams send and open', () => {
    const wire = new Wire({ peer: 'nothing' })
    const most = '08 ffffffffffffffff'
    const body = `01 ${most} 04 ${most} 05 ${most} 06 ${most} 07 ${most} 20 ${most} 1d 00`
    wire.receive(
      record(raw(`ff5153300d0a0d0a 403e ${body} 0808d000000000000000`.replace('403e', length(body, 10)))),
    )
    expect(wire.core.isClosing).toBe(false)
    const a = wire.open()
    a.write(new Uint8Array(100_000))
    wire.sent()
    expect(a.bufferedBytes).toBe(0)
    expect(wire.core.nextDeadline()).toBeGreaterThan(0)
    expect(wire.core.maxDatagramBytes).toBe(16_379)
  })

  it('in MAX_STREAMS is 2^60 at most', () => {
    const wire = new Wire({ peer: { initialMaxStreamsBidi: 1 } })
    wire.send(raw('12 d000000000000000'), raw('12 d000000000000000'))
    wire.open()
    wire.open()
    expect(wire.core.isClosing).toBe(false)
    wire.send(raw('12 ffffffffffffffff'))
    wire.expectClosedWith('FRAME_ENCODING_ERROR')
  })
})

describe('sizes near 2^62', () => {
  it('never pass a window: offsets, final sizes, reliable sizes, stream ids', () => {
    for (const value of HUGE) {
      for (const [frame, code] of [
        [`0c 00 ${value} 61`, /PROTOCOL_VIOLATION|FRAME_ENCODING_ERROR/],
        [`0e 00 ${value} 00`, /PROTOCOL_VIOLATION/],
        [`04 00 00 ${value}`, /FLOW_CONTROL_ERROR/],
        [`24 00 00 ${value} 00`, /FLOW_CONTROL_ERROR/],
        [`24 00 00 ${value} ${value}`, /FLOW_CONTROL_ERROR/],
        [`0a ${value} 01 61`, /STREAM_LIMIT_ERROR|STREAM_STATE_ERROR/],
        [`05 ${value} 00`, /STREAM_LIMIT_ERROR|STREAM_STATE_ERROR/],
        [`0a 00 ${value} 61`, /FRAME_ENCODING_ERROR/],
      ] as const) {
        const wire = new Wire()
        wire.send(raw(frame))
        expect(wire.core.closeReason?.message).toMatch(code)
        expect(wire.core.streams.size).toBeLessThanOrEqual(1)
      }
    }
  })

  it('in error codes reach the application and come back unchanged', () => {
    const wire = new Wire()
    wire.send(stream(0, 0, 'x'), raw('05 00 ffffffffffffffff'), raw('04 04 fffffffffffffffe 00'))
    expect(wire.logs.get(0)?.stopCode).toBe(2n ** 62n - 1n)
    expect(wire.logs.get(4)?.resetCode).toBe(2n ** 62n - 2n)
    expect(wire.sent()).toContainEqual(['RESET_STREAM', 0, 2n ** 62n - 1n, 0])
  })
})

describe('a large first frame (CVE-2026-32314)', () => {
  it('on a new stream is taken as far as the window, and is FLOW_CONTROL_ERROR beyond it', () => {
    const fits = new Wire()
    fits.send(stream(0, 0, 'x'.repeat(16_384)))
    expect(fits.logs.get(0)?.text).toHaveLength(16_384)
    const wire = new Wire()
    wire.send(stream(0, 0, 'x'.repeat(300_000)))
    wire.expectClosedWith('FLOW_CONTROL_ERROR')
  })

  it('is stopped at the byte beyond the window, before the rest arrives', () => {
    const wire = new Wire({ onStream: () => {} })
    const whole = record(stream(0, 0, 'x'.repeat(300_000)))
    for (let at = 0; at < 30_000 && !wire.core.isClosing; at += 1_000)
      wire.receive(whole.subarray(at, at + 1_000))
    wire.expectClosedWith('FLOW_CONTROL_ERROR')
    expect(wire.core.receiveWindow.received).toBeLessThan(18_000)
  })

  it('that claims more than its record is FRAME_ENCODING_ERROR', () => {
    const wire = new Wire()
    wire.send(raw('0a 00 bfffffff 616263'))
    wire.expectClosedWith('FRAME_ENCODING_ERROR')
  })
})

describe('transport parameters that nobody knows', () => {
  it('are ignored, a hundred reserved ones as well as one', () => {
    const wire = new Wire({ peer: 'nothing' })
    const reserved = Array.from(
      { length: 100 },
      (_, i) => `${(0x4000 | (31 * (i + 10) + 27)).toString(16)} 02 beef`,
    )
    const body = ['04 01 3f', ...reserved].join(' ')
    wire.receive(record(raw(`ff5153300d0a0d0a ${length(body)} ${body}`)))
    expect(wire.core.isClosing).toBe(false)
    expect(wire.core.sendWindow.limit).toBe(63)
  })

  it('are TRANSPORT_PARAMETER_ERROR above 1,024 bytes, before they arrive', () => {
    const wire = new Wire({ peer: 'nothing' })
    wire.receive(Buffer.from('80004000 ff5153300d0a0d0a 4401'.replaceAll(' ', ''), 'hex'))
    wire.expectClosedWith('TRANSPORT_PARAMETER_ERROR')
  })
})

/** The length of hexadecimal bytes, and `more`, as an integer of the wire of two bytes. */
function length(hex: string, more = 0): string {
  return (0x4000 | (hex.replaceAll(' ', '').length / 2 + more)).toString(16)
}
