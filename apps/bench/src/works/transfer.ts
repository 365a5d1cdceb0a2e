import { MEBIBYTE, type StreamEvents } from '../peer.js'
import { SILENT, type Metric, type ProcessCpu, type Run } from '../work.js'
import { patternOf } from './pattern.js'
import { Replies } from './replies.js'
import { RECEIPT_BYTES, type TransferSizes } from './transfer-server.js'

/** Duration of a transfer. */
export interface Transferred {
  /** Bytes received while the clock ran. */
  readonly bytes: number
  readonly elapsedMs: number
  /** CPU seconds for each GiB of the whole transfer. */
  readonly cpuPerGiB: ProcessCpu
}

const GIBIBYTE = 1024 * MEBIBYTE

/** The sending end: writes on all streams as fast as the peer accepts, and waits for every receipt. */
export async function transfer<S extends object>(run: Run<S, TransferSizes>): Promise<Transferred> {
  const { peer, sizes } = run
  const { streams, writesPerStream, bytesPerWrite, rampBytes } = sizes
  const payload = patternOf(bytesPerWrite)
  const left = new Map<S, number>()
  const receipts = new Receipts<S>(streams)
  let writesDone = 0

  const pump = (stream: S): void => {
    const before = left.get(stream) ?? 0
    let remaining = before
    while (remaining > 0) {
      remaining -= 1
      if (!peer.write(stream, payload)) break
    }
    left.set(stream, remaining)
    writesDone += before - remaining
    run.progress(writesDone / (writesPerStream * streams))
  }
  const events: StreamEvents<S> = {
    ...SILENT,
    onData: (stream, chunk) => receipts.take(stream, chunk),
    onWritable: pump,
    onFailure: (error) => receipts.fail(error),
  }
  const dialed = await peer.dial(run.address, events)
  const opened: S[] = []
  for (let i = 0; i < streams; i++) opened.push(await dialed.open())
  for (const stream of opened) left.set(stream, writesPerStream)
  const before = await run.cpu()
  const startedAt = performance.now()
  for (const stream of opened) pump(stream)
  const last = await receipts.all
  const elapsedMs = performance.now() - startedAt
  const after = await run.cpu()
  for (const stream of opened) peer.end(stream)
  const bytes = streams * writesPerStream * bytesPerWrite
  const cpuPerGiB = {
    client: (after.client - before.client) / (bytes / GIBIBYTE),
    server: (after.server - before.server) / (bytes / GIBIBYTE),
  }
  return rampBytes > 0 ? { ...last, cpuPerGiB } : { bytes, elapsedMs, cpuPerGiB }
}

/** What a receipt says. */
type Receipt = Omit<Transferred, 'cpuPerGiB'>

/** Metrics of {@link reportTransfer}. */
export const TRANSFER_METRICS: readonly Metric[] = [
  { name: 'throughput', unit: 'MiB/s', isHigherBetter: true },
  { name: 'client CPU', unit: 's/GiB', isHigherBetter: false },
  { name: 'server CPU', unit: 's/GiB', isHigherBetter: false },
]

/** A transfer that is measured by its bytes. */
export async function reportTransfer<S extends object>(run: Run<S, TransferSizes>): Promise<void> {
  const { bytes, elapsedMs, cpuPerGiB } = await transfer(run)
  run.report('throughput', bytes / MEBIBYTE / (elapsedMs / 1000))
  run.report('client CPU', cpuPerGiB.client)
  run.report('server CPU', cpuPerGiB.server)
}

/** Waits for one receipt on each stream. The receipt with the most bytes was written last. */
class Receipts<S extends object> {
  readonly all: Promise<Receipt>
  readonly #replies = new Replies<S>(RECEIPT_BYTES)
  #resolve!: (last: Receipt) => void
  #reject!: (error: Error) => void
  #missing: number
  #last: Receipt = { bytes: -1, elapsedMs: 0 }

  constructor(count: number) {
    this.#missing = count
    this.all = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    // The promise may reject before a caller waits for it.
    this.all.catch(() => undefined)
  }

  take(stream: S, chunk: Uint8Array): void {
    const receipt = this.#replies.take(stream, chunk)
    if (receipt === undefined) return
    const elapsedMs = receipt.readDoubleLE(0)
    const bytes = receipt.readDoubleLE(8)
    if (bytes > this.#last.bytes) this.#last = { bytes, elapsedMs }
    this.#missing -= 1
    if (this.#missing === 0) this.#resolve(this.#last)
  }

  fail(error: Error): void {
    this.#reject(error)
  }
}
