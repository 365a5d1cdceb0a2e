import { describe, expect, it } from 'vitest'
import { frames, hello, record } from './frames.js'
import { names, Wire } from './wire.js'

const { raw, stream, maxData } = frames

/** A first record with these transport parameters, in hexadecimal. */
function parameters(hex: string): Uint8Array {
  const length = hex.replaceAll(' ', '').length / 2
  return record(raw(`ff5153300d0a0d0a ${length.toString(16).padStart(2, '0')} ${hex}`))
}

/** The ids in the transport parameters that a core sends, in order. */
function ownIds(wire: Wire): string[] {
  const bytes = Buffer.concat(wire.gather() ?? [])
  const ids: string[] = []
  // Size (2 bytes), type (8), length (2): the core writes them so.
  const end = 12 + (bytes.readUInt16BE(10) & 0x3fff)
  const size = (at: number): number => 1 << ((bytes[at] as number) >> 6)
  for (let at = 12; at < end;) {
    ids.push(bytes.toString('hex', at, at + size(at)))
    at += size(at)
    at += size(at) + (bytes[at] as number)
  }
  return ids
}

describe('transport parameters', () => {
  it('are the first frame, sent before anything was received', () => {
    const wire = new Wire({ peer: 'nothing' })
    expect(names(wire.sent())).toEqual(['QX_TRANSPORT_PARAMETERS'])
  })

  it('are sent once, whatever follows', () => {
    const wire = new Wire({ peer: 'nothing' })
    wire.sent()
    wire.receive(hello())
    wire.open().write(Buffer.from('x'))
    wire.core.close(0, '')
    expect(names(wire.sent())).not.toContain('QX_TRANSPORT_PARAMETERS')
  })

  it('of the peer are waited for before any frame that depends on them is sent', () => {
    const wire = new Wire({ role: 'client', peer: 'nothing' })
    expect(names(wire.sent())).toEqual(['QX_TRANSPORT_PARAMETERS'])
    expect(wire.core.open(false, 3)).toBe(undefined)
    expect(wire.core.maxDatagramBytes).toBe(-1)
    expect(wire.sent()).toEqual([])
    wire.receive(hello())
    wire.open().write(Buffer.from('x'))
    expect(names(wire.sent())).toContain('STREAM')
  })

  it('that are not the first frame are PROTOCOL_VIOLATION', () => {
    const late = new Wire()
    late.receive(hello())
    late.expectClosedWith('PROTOCOL_VIOLATION')
    const twice = new Wire({ peer: 'nothing' })
    twice.receive(record(raw('ff5153300d0a0d0a00 ff5153300d0a0d0a00')))
    twice.expectClosedWith('PROTOCOL_VIOLATION')
  })

  it('that are missing where the first frame should be are PROTOCOL_VIOLATION', () => {
    const wire = new Wire({ peer: 'nothing' })
    wire.receive(record(maxData(5), stream(0, 0, 'hello there')))
    wire.expectClosedWith('PROTOCOL_VIOLATION')
  })

  it('that QMux prohibits are TRANSPORT_PARAMETER_ERROR, whichever side sends them', () => {
    for (const id of ['00', '02', '03', '0a', '0b', '0c', '0d', '0e', '0f', '10']) {
      for (const role of ['client', 'server'] as const) {
        const wire = new Wire({ role, peer: 'nothing' })
        wire.receive(parameters(`${id} 00`))
        wire.expectClosedWith('TRANSPORT_PARAMETER_ERROR')
      }
    }
  })

  it('that are sent are those of QMux and of the extensions it permits, each once', () => {
    const wire = new Wire({ peer: 'nothing', idleTimeoutMs: 30_000, maxDatagramFrameSizeBytes: 1_000 })
    const ids = ownIds(wire)
    const permitted = ['01', '04', '05', '06', '07', '08', '09', '1d', '20', 'c571c59429cd0845']
    expect([...ids].sort()).toEqual(permitted.sort())
  })

  it('that nobody knows, reserved ones included, are ignored', () => {
    const wire = new Wire({ peer: 'nothing' })
    // 27 and 31 * 7 + 27 are reserved; 0x11 is version_information, 0x2ab2 grease_quic_bit: not for QMux.
    wire.receive(parameters('1b 02 abcd 40f4 00 11 04 00000001 6ab2 00 04 01 3f'))
    expect(wire.core.isClosing).toBe(false)
    expect(wire.core.sendWindow.limit).toBe(63)
  })

  it('with an invalid value are TRANSPORT_PARAMETER_ERROR', () => {
    const invalid = [
      '04 00', // no integer
      '04 02 05 05', // two
      '04 01 40', // half of one
      '04 05 01', // cut off
      '08 08 d000000000000001', // more than 2^60 streams
      '09 08 d000000000000001',
      '1d 01 01', // reset_stream_at with a value
    ]
    for (const hex of invalid) {
      const wire = new Wire({ peer: 'nothing' })
      wire.receive(parameters(hex))
      wire.expectClosedWith('TRANSPORT_PARAMETER_ERROR')
    }
  })

  it('that come twice are TRANSPORT_PARAMETER_ERROR', () => {
    const wire = new Wire({ peer: 'nothing' })
    wire.receive(parameters('04 01 05 01 01 09 04 01 05'))
    wire.expectClosedWith('TRANSPORT_PARAMETER_ERROR')
  })
})

describe('max_record_size', () => {
  it('is declared as at least 16,382', () => {
    expect(() => new Wire({ maxRecordSizeBytes: 16_381 })).toThrow('maxRecordSizeBytes')
    const wire = new Wire({ peer: 'nothing', maxRecordSizeBytes: 20_000 })
    expect(wire.sent()).toMatchObject([['QX_TRANSPORT_PARAMETERS', { maxRecordSizeBytes: 20_000 }]])
  })

  it('below 16,382 is TRANSPORT_PARAMETER_ERROR', () => {
    const wire = new Wire({ peer: 'nothing' })
    wire.receive(parameters('c571c59429cd0845 02 7ffd'))
    wire.expectClosedWith('TRANSPORT_PARAMETER_ERROR')
  })
})
