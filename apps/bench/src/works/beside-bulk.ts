import { MEBIBYTE, type Peer, type StreamEvents } from '../peer.js'
import { scaled, SILENT, type Run, type Work } from '../work.js'
import { percentile } from './percentile.js'
import { PING_BYTES, PING_MARK, PingPong } from './ping-pong.js'

type BesideBulkSizes = {
  readonly pings: number
  /** Bytes of the bulk stream before pings are measured. */
  readonly rampBytes: number
  /** The work ends after this time if the pings take long. */
  readonly maxMs: number
}

const PINGS = 5_000
const RAMP_BYTES = 300 * MEBIBYTE
const MAX_MS = 15_000
const BULK_MARK = 0x42
/** Offset in a pong of the received bytes of the bulk stream, a 64-bit float. */
const COUNT_OFFSET = 8

/** Latency while another stream on the same connection writes 64 KiB after 64 KiB. */
export const besideBulk: Work<BesideBulkSizes> = {
  name: 'beside-bulk',
  title: '64 bytes there and back beside a bulk stream',
  sizes: (scale) => ({
    pings: scaled(PINGS, scale, 20),
    rampBytes: Math.round(RAMP_BYTES * Math.min(1, scale)),
    maxMs: MAX_MS,
  }),
  metrics: () => [
    { name: 'p50', unit: 'us', isHigherBetter: false },
    { name: 'p99', unit: 'us', isHigherBetter: false },
    { name: 'bulk meanwhile', unit: 'MiB/s', isHigherBetter: true },
  ],
  serve: serveBoth,
  run: (run) => new BesideBulk(run).done(),
}

/** The first byte of a stream says whether it carries pings or bulk. */
function serveBoth<S extends object>(peer: Peer<S>): StreamEvents<S> {
  const pinged = new Map<S, number>()
  const bulks = new Set<S>()
  let bulkBytes = 0
  return {
    ...SILENT,
    onData(stream, chunk) {
      if (!pinged.has(stream)) {
        if (bulks.has(stream) || chunk[0] !== PING_MARK) {
          bulks.add(stream)
          bulkBytes += chunk.length
          if (chunk[0] !== BULK_MARK || chunk[chunk.length - 1] !== BULK_MARK)
            throw new Error('wrong bulk bytes')
          return
        }
      }
      let received = (pinged.get(stream) ?? 0) + chunk.length
      for (; received >= PING_BYTES; received -= PING_BYTES) {
        const pong = Buffer.alloc(PING_BYTES, PING_MARK)
        pong.writeDoubleLE(bulkBytes, COUNT_OFFSET)
        peer.write(stream, pong)
      }
      pinged.set(stream, received)
    },
    onEnd: (stream) => peer.end(stream),
  }
}

class BesideBulk<S extends object> {
  readonly #run: Run<S, BesideBulkSizes>
  readonly #pingPong: PingPong<S>
  readonly #payload = new Uint8Array(65_536).fill(BULK_MARK)
  #bulk: S | undefined
  #isOver = false

  constructor(run: Run<S, BesideBulkSizes>) {
    this.#run = run
    this.#pingPong = new PingPong(run.peer)
  }

  async done(): Promise<void> {
    const { peer, address, sizes } = this.#run
    const { onData, onFailure } = this.#pingPong
    const dialed = await peer.dial(address, {
      ...SILENT,
      onData,
      onWritable: (stream) => this.#pump(stream),
      onFailure: (error) => this.#isOver || onFailure(error),
    })
    this.#bulk = await dialed.open()
    this.#pingPong.use(await dialed.open())
    this.#pump(this.#bulk)
    while (countIn(await this.#pingPong.ping()) < sizes.rampBytes);
    await this.#measure()
    this.#isOver = true
    peer.end(this.#bulk)
  }

  #pump(stream: S): void {
    if (stream !== this.#bulk || this.#isOver) return
    while (this.#run.peer.write(stream, this.#payload));
  }

  async #measure(): Promise<void> {
    const { pings, maxMs } = this.#run.sizes
    const firstCount = countIn(await this.#pingPong.ping())
    const startedAt = performance.now()
    const times: number[] = []
    let lastCount = firstCount
    let now = startedAt
    while (times.length < pings && now - startedAt < maxMs) {
      const sentAt = now
      lastCount = countIn(await this.#pingPong.ping())
      now = performance.now()
      times.push((now - sentAt) * 1000)
      this.#run.progress(Math.max(times.length / pings, (now - startedAt) / maxMs))
    }
    const sorted = Float64Array.from(times)
    this.#run.report('p50', percentile(sorted, 0.5))
    this.#run.report('p99', percentile(sorted, 0.99))
    this.#run.report('bulk meanwhile', (lastCount - firstCount) / MEBIBYTE / ((now - startedAt) / 1000))
  }
}

function countIn(pong: Buffer): number {
  return pong.readDoubleLE(COUNT_OFFSET)
}
