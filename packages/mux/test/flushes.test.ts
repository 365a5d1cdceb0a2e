import { describe, expect, it } from 'vitest'
import { frames } from './conformance/frames.js'
import { names, Wire, type Sent } from './conformance/wire.js'

const { stream, maxStreamData, resetAt } = frames

const KIBIBYTE = 1_024
const MEBIBYTE = 1_048_576

/** Windows in which everything is sent. */
const wide = { initialMaxData: 16 * MEBIBYTE, initialMaxStreamDataBidiRemote: 16 * MEBIBYTE }

/** The stream and the KiB of each turn; turns in a row of one stream count as one. */
const turns = (sent: Sent[]): unknown[] =>
  sent.filter(([name]) => name === 'STREAM').map(([, id, , text]) => [id, (text as string).length / KIBIBYTE])

/** Writes until a flush holds the most it can. */
function grown(wire: Wire): Wire {
  wire.open().write(new Uint8Array(4 * MEBIBYTE))
  wire.sent()
  return wire
}

describe('what is gathered into one flush', () => {
  it('has turns of 64 KiB of each stream', () => {
    const wire = grown(new Wire({ role: 'client', peer: { ...wide, maxRecordSizeBytes: 4 * MEBIBYTE } }))
    const [a, b] = [wire.open(), wire.open()]
    a.write(new Uint8Array(128 * KIBIBYTE))
    b.write(new Uint8Array(320 * KIBIBYTE))
    expect(turns(wire.sent())).toEqual([
      [a.id, 64],
      [b.id, 64],
      [a.id, 64],
      [b.id, 256],
    ])
  })

  it('has STREAM_DATA_BLOCKED behind the data that used the credit up, and nothing follows', () => {
    const wire = new Wire({ role: 'client', peer: { initialMaxStreamDataBidiRemote: 100 } })
    const a = wire.open()
    a.write(new Uint8Array(1_000))
    expect(names(wire.flush())).toEqual(['STREAM', 'STREAM_DATA_BLOCKED'])
    expect(wire.sent()).toEqual([])
    wire.send(maxStreamData(a.id, 300))
    expect(names(wire.flush())).toEqual(['STREAM', 'STREAM_DATA_BLOCKED'])
    wire.send(maxStreamData(a.id, 2_000))
    expect(names(wire.sent())).toEqual(['STREAM'])
  })

  it('has no such frame in front of a close', () => {
    const wire = new Wire({ role: 'client', peer: { initialMaxStreamDataBidiRemote: 100 } })
    wire.open().write(new Uint8Array(1_000))
    wire.core.close(0, 'enough')
    expect(names(wire.sent())).toEqual(['STREAM', 'CONNECTION_CLOSE'])
  })
})

describe('credit', () => {
  it('of the session goes along with what is sent once an eighth was used, and needs no flush of its own', () => {
    const wire = new Wire()
    const sendTo = (id: number): void => wire.send(stream(id, 0, 'x'.repeat(16 * KIBIBYTE), true))
    for (let i = 0; i < 7; i++) sendTo(4 * i)
    wire.streams[0]?.write(new Uint8Array(1))
    expect(names(wire.sent())).toEqual(['STREAM'])
    sendTo(28)
    expect(wire.sent()).toEqual([])
    wire.streams[0]?.write(new Uint8Array(1))
    expect(names(wire.flush())).toEqual(['STREAM', 'MAX_DATA'])
    for (let i = 8; i < 24; i++) sendTo(4 * i)
    expect(wire.sent()).toEqual([['MAX_DATA', 384 * KIBIBYTE + MEBIBYTE]])
  })

  it('of a stream that gets little at a time comes behind the answer', () => {
    const wire = new Wire({
      onStream: (accepted) =>
        accepted.handle({ onData: (answered, chunk) => answered.write(chunk.slice()), onEnd: () => {} }),
    })
    wire.send(stream(0, 0, 'x'.repeat(8 * KIBIBYTE - 1)))
    expect(names(wire.sent())).toEqual(['STREAM'])
    wire.send(stream(0, 8 * KIBIBYTE - 1, 'x'))
    expect(names(wire.flush())).toEqual(['STREAM'])
    expect(wire.sent()).toEqual([['MAX_STREAM_DATA', 0, 24 * KIBIBYTE]])
  })

  it('of such a stream comes in front when much is to be sent', () => {
    const wire = new Wire({ peer: { initialMaxStreamDataBidiLocal: 0 } })
    wire.send(stream(0, 0, 'x'))
    wire.streams[0]?.write(new Uint8Array(100 * KIBIBYTE))
    wire.sent()
    wire.send(stream(4, 0, 'x'.repeat(9 * KIBIBYTE)), maxStreamData(0, 100 * KIBIBYTE))
    expect(names(wire.flush()).slice(0, 2)).toEqual(['MAX_STREAM_DATA', 'STREAM'])
  })

  it('of one whose size is known, or that was stopped meanwhile, is not given', () => {
    const wire = new Wire()
    wire.send(stream(0, 0, 'x'.repeat(12 * KIBIBYTE)), resetAt(0, 5, 15 * KIBIBYTE, 14 * KIBIBYTE))
    wire.send(stream(4, 0, 'x'.repeat(12 * KIBIBYTE)))
    wire.streams[1]?.stopSending()
    expect(names(wire.sent())).toEqual(['STOP_SENDING'])
    expect(wire.streams.map(({ receiveLimit }) => receiveLimit / KIBIBYTE)).toEqual([15, 16])
  })
})
