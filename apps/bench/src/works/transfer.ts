import type { StreamEvents } from '../peer.js'
import { SILENT, type Run } from '../work.js'
import { patternOf } from './pattern.js'
import { Replies } from './replies.js'
import { RECEIPT_BYTES, type TransferSizes } from './transfer-server.js'

/** Duration of a transfer. */
export interface Transferred {
  /** Bytes received while the clock ran. */
  readonly bytes: number
  readonly elapsedMs: number
}

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
  const startedAt = performance.now()
  for (const stream of opened) pump(stream)
  const last = await receipts.all
  const elapsedMs = performance.now() - startedAt
  for (const stream of opened) peer.end(stream)
  return rampBytes > 0 ? last : { bytes: streams * writesPerStream * bytesPerWrite, elapsedMs }
}

/** Waits for one receipt on each stream. The receipt with the most bytes was written last. */
class Receipts<S extends object> {
  readonly all: Promise<Transferred>
  readonly #replies = new Replies<S>(RECEIPT_BYTES)
  #resolve!: (last: Transferred) => void
  #reject!: (error: Error) => void
  #missing: number
  #last: Transferred = { bytes: -1, elapsedMs: 0 }

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
