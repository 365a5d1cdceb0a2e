import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { network, type Network } from './network.js'
import { PeerProcess } from './peer-process.js'

/** 1 Gbit/s with a round trip of 100 ms. */
const PATH = { bytesPerSecond: 125_000_000, delayMs: 50 }

/** Until TCP and the windows above it have opened, and how long is measured then. */
const WARM_UP_MS = 5_000
const MEASURED_MS = 6_000

type Shape = 'raw' | 'light' | 'duplex'

describe('1 Gbit/s and a round trip of 100 ms, without tuning', () => {
  let path: Network
  beforeAll(async () => {
    path = await network(PATH)
  })
  afterAll(() => path.dispose())

  /** MB/s of each stream. */
  async function throughput(shape: Shape, streams: number): Promise<number[]> {
    const mode = shape === 'raw' ? 'raw' : 'session'
    const [source, sink] = [new PeerProcess(path.a), new PeerProcess(path.b)]
    try {
      const { port } = await sink.call('listen', { mode })
      const { connection } = await source.call('dial', { mode, host: path.address, port })
      await source.call('pour', { connection, streams, shape })
      await sink.call('measure', { ms: WARM_UP_MS })
      const { bytes, elapsedMs } = await sink.call('measure', { ms: MEASURED_MS })
      return bytes.map((each) => each / 1_000 / elapsedMs)
    } finally {
      await Promise.all([source.end(), sink.end()])
    }
  }

  it('a stream reaches 90 % of a plain socket, and 100 streams share the same within 10 %', async () => {
    const [raw = 0] = await throughput('raw', 1)
    const [light = 0] = await throughput('light', 1)
    const [duplex = 0] = await throughput('duplex', 1)
    const many = await throughput('light', 100)
    const sum = many.reduce((all, each) => all + each, 0)
    report({ raw, light, duplex, '100 streams': sum, least: Math.min(...many), most: Math.max(...many) })
    expect(light / raw).toBeGreaterThan(0.9)
    expect(duplex / raw).toBeGreaterThan(0.9)
    expect(sum / raw).toBeGreaterThan(0.9)
    expect(many).toHaveLength(100)
    expect(Math.min(...many) / (sum / 100)).toBeGreaterThan(0.9)
    expect(Math.max(...many) / (sum / 100)).toBeLessThan(1.1)
  })
})

function report(megabytesPerSecond: Record<string, number>): void {
  const parts = Object.entries(megabytesPerSecond).map(([what, value]) => `${what} ${value.toFixed(2)}`)
  process.stdout.write(`MB/s: ${parts.join(', ')}\n`)
}
