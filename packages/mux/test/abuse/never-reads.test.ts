import { describe, expect, it } from 'vitest'
import { frames, record, type FrameWriter } from '../conformance/frames.js'
import { Wire } from '../conformance/wire.js'

const { stream, stop, maxStreamData, ping } = frames

/** Bytes that the core wants to send, all flushes together. */
function pendingBytes(wire: Wire): number {
  let bytes = 0
  for (let chunks = wire.gather(); chunks !== undefined; chunks = wire.gather()) {
    for (const chunk of chunks) bytes += chunk.length
    wire.core.accepted(wire.now)
  }
  return bytes
}

// What is to be sent is a flag on a stream, or a limit, and never a queue of frames: while the peer does not read, nothing
// is gathered, and a flag that is set again takes no room.
describe('a peer that makes us answer and never reads (CVE-2024-32984)', () => {
  it('holds one answer for all of its pings', () => {
    const wire = new Wire()
    for (let i = 0; i < 45_000; i++) wire.send(ping(i + 1))
    expect(pendingBytes(wire)).toBeLessThan(40)
  })

  it('holds one RESET_STREAM for each stream that it stopped, and no more streams than it was allowed', () => {
    const wire = new Wire({ maxConcurrentStreams: 500 })
    const opens = Array.from({ length: 500 }, (_, i) => stream(4 * i, 0, ''))
    wire.receive(record(...opens))
    for (let round = 0; round < 20; round++) {
      wire.receive(
        record(...opens.flatMap((_, i): FrameWriter[] => [stop(4 * i, 0), maxStreamData(4 * i, 1 << 21)])),
      )
    }
    expect(wire.core.isClosing).toBe(false)
    expect(wire.core.work.takeControl().length).toBeLessThanOrEqual(500)
    wire.send(stream(2_000, 0, ''))
    wire.expectClosedWith('STREAM_LIMIT_ERROR')
  })

  it('holds one credit update for each stream that it sends on, whatever comes', () => {
    const wire = new Wire()
    for (let at = 0; at < 16; at++) {
      for (let i = 0; i < 50; i++) wire.send(stream(4 * i, 1_000 * at, 'x'.repeat(1_000)))
    }
    expect(pendingBytes(wire)).toBeLessThan(50 * 16 + 100)
  })

  it('holds back a writer at its high-water mark', () => {
    const wire = new Wire({ sendHighWaterMarkBytes: 10_000, maxSendBufferBytes: 65_536 })
    const writers = Array.from({ length: 20 }, () => wire.open())
    for (const a of writers) while (a.write(new Uint8Array(1_000)));
    expect(wire.core.sendBufferedBytes).toBeLessThan(65_536 + 20 * 1_000)
  })

  it('holds at most 1 MiB of datagrams', () => {
    const wire = new Wire({ peer: { maxDatagramFrameSizeBytes: 10_000 } })
    let sent = 0
    for (let i = 0; i < 100_000; i++) if (wire.core.sendDatagram(new Uint8Array(1))) sent += 1
    expect(sent).toBe(Math.floor(1_048_576 / 65))
  })
})
