import { describe, expect, it } from 'vitest'
import { Session } from '../../src/index.js'
import { frames } from './frames.js'
import { socketPair } from './sockets.js'
import { Wire } from './wire.js'

const { raw } = frames

function bytes(value: string): Uint8Array {
  return new Uint8Array(Buffer.from(value))
}

describe('DATAGRAM', () => {
  it('is not sent to a peer that takes none', () => {
    expect(new Wire({ peer: 'nothing' }).core.maxDatagramBytes).toBe(-1)
    expect(new Wire({ peer: { maxDatagramFrameSizeBytes: 0 } }).core.maxDatagramBytes).toBe(-1)
  })

  it('is sent up to the largest frame the peer takes, and to the largest record', () => {
    for (const [peer, most] of [
      [{ maxDatagramFrameSizeBytes: 50 }, 48],
      [{ maxDatagramFrameSizeBytes: 66 }, 63],
      [{ maxDatagramFrameSizeBytes: 65_535 }, 16_379],
      [{ maxDatagramFrameSizeBytes: 65_535, maxRecordSizeBytes: 1 << 20 }, 65_530],
    ] as const) {
      const wire = new Wire({ peer })
      expect(wire.core.maxDatagramBytes).toBe(most)
      wire.core.sendDatagram(new Uint8Array(most).fill(0x61))
      expect(wire.sent()).toEqual([['DATAGRAM', 'a'.repeat(most)]])
      expect(Math.max(...wire.recordSizes)).toBeLessThanOrEqual(peer.maxDatagramFrameSizeBytes)
    }
  })

  it('leaves with the next flush, before stream data', () => {
    const wire = new Wire({ peer: { maxDatagramFrameSizeBytes: 100 } })
    wire.open(false, 0).write(bytes('stream'))
    wire.core.sendDatagram(bytes('now'))
    const payloads = wire.sent().map((frame) => frame[0] === 'DATAGRAM' || frame[3] === 'stream')
    expect(payloads).toContain(true)
    expect(payloads.indexOf(true)).toBe(0)
  })

  it('that finds its queue full is dropped and the caller is told', () => {
    const wire = new Wire({ peer: { maxDatagramFrameSizeBytes: 65_535, maxRecordSizeBytes: 1 << 20 } })
    const results = Array.from({ length: 40 }, () => wire.core.sendDatagram(new Uint8Array(60_000)))
    expect(results.indexOf(false)).toBe(17)
    expect(wire.sent()).toHaveLength(17)
  })

  it('is given to the application as it arrives', () => {
    const wire = new Wire({ maxDatagramFrameSizeBytes: 100 })
    wire.send(raw('31 02 6162'), raw('31 00'), raw('30 6364'))
    expect(wire.datagrams).toEqual(['ab', '', 'cd'])
  })

  it('is PROTOCOL_VIOLATION when it was not negotiated, or is larger than was declared', () => {
    for (const frame of ['31 01 61', '30 61']) {
      const wire = new Wire()
      wire.send(raw(frame))
      wire.expectClosedWith('PROTOCOL_VIOLATION')
    }
    for (const frame of [`31 08 ${'61'.repeat(8)}`, `30 ${'61'.repeat(9)}`]) {
      const most = new Wire({ maxDatagramFrameSizeBytes: 10 })
      most.send(raw(frame))
      expect(most.core.isClosing).toBe(false)
      const wire = new Wire({ maxDatagramFrameSizeBytes: 9 })
      wire.send(raw(frame))
      wire.expectClosedWith('PROTOCOL_VIOLATION')
    }
  })

  it('is declared as 65,535 by a session whose handler takes datagrams, and not at all by others', async () => {
    const [a, b] = await socketPair()
    const client = new Session(a, { role: 'client', handler: { onDatagram: () => {} } })
    const server = new Session(b, { role: 'server' })
    await Promise.all([client.ping(), server.ping()])
    expect(server.maxDatagramBytes).toBe(65_530)
    expect(client.maxDatagramBytes).toBe(undefined)
    client.close()
    await Promise.all([client.closed, server.closed])
  })
})
