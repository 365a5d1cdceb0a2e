import { describe, expect, it } from 'vitest'
import { frames } from './frames.js'
import { names, Wire } from './wire.js'

const { stream, reset, maxData, maxStreamData, dataBlocked, streamDataBlocked, streamsBlocked } = frames

function payloadSent(wire: Wire): number {
  let bytes = 0
  for (const [name, , , text] of wire.sent()) if (name === 'STREAM') bytes += (text as string).length
  return bytes
}

describe('a sender', () => {
  it('sends no byte beyond the peer’s MAX_STREAM_DATA and says STREAM_DATA_BLOCKED once', () => {
    const wire = new Wire({
      peer: {
        initialMaxStreamDataBidiRemote: 100,
        initialMaxStreamDataUni: 50,
        initialMaxStreamDataBidiLocal: 20,
      },
    })
    const bidi = wire.open()
    const uni = wire.open(true)
    wire.send(stream(0, 0, ''))
    for (const a of [bidi, uni, wire.streams[0]!]) a.write(new Uint8Array(1_000))
    const sent = wire.sent()
    const lengths = new Map(
      sent.filter(([n]) => n === 'STREAM').map(([, id, , text]) => [id, (text as string).length]),
    )
    expect([bidi.id, uni.id, 0].map((id) => lengths.get(id))).toEqual([100, 50, 20])
    const blocked = sent.filter(([name]) => name === 'STREAM_DATA_BLOCKED')
    expect(blocked).toHaveLength(3)
    expect(blocked).toContainEqual(['STREAM_DATA_BLOCKED', bidi.id, 100])
    bidi.write(new Uint8Array(10))
    expect(names(wire.sent())).not.toContain('STREAM_DATA_BLOCKED')
    wire.send(maxStreamData(bidi.id, 150))
    expect(payloadSent(wire)).toBe(50)
  })

  it('sends no byte beyond the peer’s MAX_DATA and says DATA_BLOCKED once, without waiting for another reason to send', () => {
    const wire = new Wire({ peer: { initialMaxData: 1_000 } })
    for (let i = 0; i < 3; i++) wire.open(false, 0).write(new Uint8Array(600))
    expect(wire.flush()).toContainEqual(['DATA_BLOCKED', 1_000])
    expect(wire.core.sendWindow.sent).toBe(1_000)
    expect(names(wire.sent())).not.toContain('DATA_BLOCKED')
    wire.send(maxData(1_500))
    expect(payloadSent(wire)).toBe(500)
  })

  it('ignores MAX_DATA and MAX_STREAM_DATA that raise nothing', () => {
    const wire = new Wire({ peer: { initialMaxData: 1_000, initialMaxStreamDataBidiRemote: 500 } })
    const a = wire.open()
    wire.send(maxData(10), maxData(0), maxStreamData(a.id, 10), maxStreamData(a.id, 500))
    a.write(new Uint8Array(2_000))
    expect(payloadSent(wire)).toBe(500)
    expect(wire.core.sendWindow.limit).toBe(1_000)
  })

  it('that is blocked keeps the connection from idling out by its pings', () => {
    const wire = new Wire({
      peer: { initialMaxData: 0, maxIdleTimeoutMs: 30_000 },
      keepAliveIntervalMs: 10_000,
      deadPeerTimeoutMs: 0,
    })
    wire.open().write(new Uint8Array(10))
    wire.sent()
    wire.send(frames.pong(1))
    let pings = 0
    for (let i = 0; i < 10; i++) {
      wire.now = wire.core.nextDeadline()
      wire.core.timeout(wire.now)
      for (const [name, number] of wire.sent()) {
        if (name !== 'QX_PING') continue
        pings += 1
        wire.send(frames.pong(number as number))
      }
    }
    expect(wire.core.isClosing).toBe(false)
    expect(pings).toBeGreaterThan(3)
  })

  it('never sends at or beyond the final size of a stream', () => {
    const wire = new Wire()
    const a = wire.open()
    a.write(new Uint8Array(10))
    a.end()
    expect(wire.sent()).toContainEqual(['STREAM', a.id, 0, '\0'.repeat(10), true])
    expect(() => a.write(new Uint8Array(1))).toThrow('write after end')
    const b = wire.open()
    b.write(new Uint8Array(10))
    b.reset()
    expect(b.write(new Uint8Array(1))).toBe(false)
    expect(names(wire.sent())).toEqual(['RESET_STREAM'])
  })
})

describe('a receiver', () => {
  it('takes a stream’s window to its last byte; one more is FLOW_CONTROL_ERROR', () => {
    const wire = new Wire({ onStream: () => {} })
    wire.send(stream(0, 0, 'x'.repeat(16_384)))
    expect(wire.core.isClosing).toBe(false)
    wire.send(stream(0, 16_384, 'x'))
    wire.expectClosedWith('FLOW_CONTROL_ERROR')
  })

  it('takes the session’s window to its last byte; one more is FLOW_CONTROL_ERROR', () => {
    const wire = new Wire({ maxReceiveBufferBytes: 65_536, onStream: () => {} })
    wire.send(stream(0, 0, 'x'.repeat(16_384)), stream(4, 0, 'x'.repeat(16_384)))
    expect(wire.core.isClosing).toBe(false)
    wire.send(stream(8, 0, 'x'))
    wire.expectClosedWith('FLOW_CONTROL_ERROR')
  })

  it('counts the final size of a reset stream against the session’s window', () => {
    const wire = new Wire({ maxReceiveBufferBytes: 65_536, onStream: () => {} })
    wire.send(stream(0, 0, 'x'), reset(0, 0, 16_384))
    expect(wire.core.receiveWindow.received).toBe(16_384)
    wire.send(reset(4, 0, 16_384))
    expect(wire.core.isClosing).toBe(false)
    wire.send(reset(8, 0, 1))
    wire.expectClosedWith('FLOW_CONTROL_ERROR')
  })

  it('gives the credit of a reset stream back', () => {
    const wire = new Wire({ maxReceiveBufferBytes: 65_536 })
    for (let i = 0; i < 40; i++) {
      wire.send(stream(4 * i, 0, 'x'.repeat(100)), reset(4 * i, 0, 16_000))
      wire.sent()
    }
    expect(wire.core.isClosing).toBe(false)
  })

  it('answers a changed final size with FINAL_SIZE_ERROR', () => {
    const changes = [
      [stream(0, 0, 'abc', true), reset(0, 0, 4)],
      [stream(0, 0, 'abc', true), reset(0, 0, 2)],
      [stream(0, 0, 'abc'), reset(0, 0, 2)],
      [reset(0, 0, 3), reset(0, 0, 4)],
      [reset(0, 0, 3), stream(0, 2, '', true)],
      [reset(0, 0, 3), stream(0, 4, '', true)],
      [stream(0, 0, 'abc', true), stream(0, 2, '', true)],
      [stream(0, 0, 'abc', true), stream(0, 4, '', true)],
    ]
    for (const change of changes) {
      const wire = new Wire()
      wire.send(...change)
      wire.expectClosedWith('FINAL_SIZE_ERROR')
    }
  })

  it('takes the same final size again', () => {
    const wire = new Wire()
    wire.send(stream(0, 0, 'abc', true), stream(0, 3, '', true), reset(0, 0, 3))
    wire.send(reset(4, 7, 3), reset(4, 7, 3))
    expect(wire.core.isClosing).toBe(false)
  })

  it('answers data beyond the final size with FINAL_SIZE_ERROR, also when the stream is over', () => {
    const open = new Wire()
    open.send(stream(0, 0, 'abc', true), stream(0, 3, 'd'))
    open.expectClosedWith('FINAL_SIZE_ERROR')
    const over = new Wire({ onStream: (a) => a.destroy() })
    over.send(stream(0, 0, 'abc', true))
    over.sent()
    expect(over.core.streams.size).toBe(0)
    over.send(stream(0, 3, 'd'))
    over.expectClosedWith('FINAL_SIZE_ERROR')
  })

  it('goes on taking other frames while a stream is not read', () => {
    const wire = new Wire({ peer: { initialMaxData: 0 }, onStream: () => {} })
    const out = wire.open()
    out.write(Buffer.from('waits for credit'))
    wire.sent()
    wire.send(stream(0, 0, 'x'.repeat(16_384)), stream(4, 0, 'x'.repeat(16_384)))
    wire.send(maxData(1_000), frames.ping(1))
    expect(names(wire.sent())).toEqual(expect.arrayContaining(['STREAM', 'QX_PING response']))
  })

  it('takes DATA_BLOCKED, STREAM_DATA_BLOCKED and STREAMS_BLOCKED for what they are: news', () => {
    const wire = new Wire()
    wire.send(
      dataBlocked(5),
      streamDataBlocked(0, 5),
      streamsBlocked(true, 5),
      streamsBlocked(false, 2 ** 50),
    )
    expect(wire.core.isClosing).toBe(false)
    expect(wire.sent()).toEqual([])
  })

  it('answers an offset beyond 2^62 - 1 with FRAME_ENCODING_ERROR', () => {
    const wire = new Wire()
    wire.send(frames.raw('0e 00 ffffffffffffffff 01 61'))
    wire.expectClosedWith('FRAME_ENCODING_ERROR')
  })
})
