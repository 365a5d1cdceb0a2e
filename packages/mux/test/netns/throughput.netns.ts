import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { network, type Network } from './network.js'
import { PeerProcess } from './peer-process.js'

/** 1 Gbit/s with a round trip of 100 ms. */
const PATH = { bytesPerSecond: 125_000_000, delayMs: 50 }

/** Until TCP and the windows above it have opened; then so many pieces of a second are measured. */
const WARM_UP_MS = 5_000
const PIECE_MS = 1_000
const PIECES = 7

type Shape = 'raw' | 'light' | 'duplex'

describe('1 Gbit/s and a round trip of 100 ms, without tuning', () => {
  let path: Network
  beforeAll(async () => {
    path = await network(PATH)
  })
  afterAll(() => path.dispose())

  /** MB/s of each stream: in each piece of the time. */
  async function throughput(shape: Shape, streams: number): Promise<number[][]> {
    const mode = shape === 'raw' ? 'raw' : 'session'
    const [source, sink] = [new PeerProcess(path.a), new PeerProcess(path.b)]
    try {
      const { port } = await sink.call('listen', { mode })
      const { connection } = await source.call('dial', { mode, host: path.address, port })
      await source.call('pour', { connection, streams, shape })
      await sink.call('measure', { ms: WARM_UP_MS })
      const pieces: number[][] = []
      for (let i = 0; i < PIECES; i++) {
        const { bytes, elapsedMs } = await sink.call('measure', { ms: PIECE_MS })
        pieces.push(bytes.map((each) => each / 1_000 / elapsedMs))
      }
      return pieces
    } finally {
      await Promise.all([source[Symbol.asyncDispose](), sink[Symbol.asyncDispose]()])
    }
  }

  it('a stream reaches 90 % of a plain socket, and 100 streams share the same within 10 %', async () => {
    const raw = usual(await throughput('raw', 1))
    const light = usual(await throughput('light', 1))
    const duplex = usual(await throughput('duplex', 1))
    const pieces = await throughput('light', 100)
    const sum = usual(pieces)
    const many = Array.from({ length: 100 }, (_, i) => mean(pieces.map((piece) => piece[i] ?? 0)))
    const share = mean(many)
    report({ raw, light, duplex, '100 streams': sum, least: Math.min(...many), most: Math.max(...many) })
    expect(light / raw).toBeGreaterThan(0.9)
    expect(duplex / raw).toBeGreaterThan(0.9)
    expect(sum / raw).toBeGreaterThan(0.9)
    expect(Math.min(...many) / share).toBeGreaterThan(0.9)
    expect(Math.max(...many) / share).toBeLessThan(1.1)
  })
})

/** The median over the pieces of what all streams had together: one piece that the machine spoilt does not count. */
function usual(pieces: readonly number[][]): number {
  const sums = pieces.map((piece) => piece.reduce((all, each) => all + each, 0)).sort((a, b) => a - b)
  return sums[Math.floor(sums.length / 2)] ?? 0
}

function mean(values: readonly number[]): number {
  return values.reduce((all, each) => all + each, 0) / values.length
}

function report(megabytesPerSecond: Record<string, number>): void {
  const parts = Object.entries(megabytesPerSecond).map(([what, value]) => `${what} ${value.toFixed(2)}`)
  process.stdout.write(`MB/s: ${parts.join(', ')}\n`)
}
