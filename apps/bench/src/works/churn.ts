import type { Dialed, StreamEvents } from '../peer.js'
import { scaled, SILENT, type Run, type Work } from '../work.js'
import { serveEcho } from './echo.js'
import { PayloadRing, Replies } from './replies.js'

type ChurnSizes = {
  readonly streams: number
  /** Streams that are open at the same time. */
  readonly atOnce: number
}

const STREAMS = 300_000
const AT_ONCE = 100
const PAYLOAD_BYTES = 32
/** Number of streams between two reports of progress. */
const PROGRESS_STEP = 256

/** 300,000 streams, 100 at a time: open, 32 bytes, their echo, end on both sides. */
export const churn: Work<ChurnSizes> = {
  name: 'churn',
  title: '300,000 streams, 100 at a time: open, 32 bytes, echo, end',
  sizes: (scale) => ({ streams: scaled(STREAMS, scale, 200), atOnce: AT_ONCE }),
  metrics: () => [{ name: 'rate', unit: 'streams/s', isHigherBetter: true }],
  serve: (peer) => serveEcho(peer),
  async run(run) {
    const elapsedMs = await new Churn(run).done()
    run.report('rate', run.sizes.streams / (elapsedMs / 1000))
  },
}

class Churn<S extends object> {
  readonly #run: Run<S, ChurnSizes>
  readonly #replies = new Replies<S>(PAYLOAD_BYTES)
  readonly #payloads = new PayloadRing(PAYLOAD_BYTES, 32_768)
  #dialed!: Dialed<S>
  #opened = 0
  #ended = 0
  /** Sum of the returned numbers; each stream sends its own number. */
  #sum = 0
  #resolve!: () => void
  #reject!: (error: Error) => void

  constructor(run: Run<S, ChurnSizes>) {
    this.#run = run
  }

  /** Runs the work; resolves with its duration in ms. */
  async done(): Promise<number> {
    const { peer, address, sizes } = this.#run
    const finished = new Promise<void>((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    finished.catch(() => undefined)
    this.#dialed = await peer.dial(address, this.#events())
    const startedAt = performance.now()
    while (this.#opened < Math.min(sizes.atOnce, sizes.streams)) this.#open()
    await finished
    const elapsedMs = performance.now() - startedAt
    if (this.#sum !== (sizes.streams * (sizes.streams - 1)) / 2) throw new Error('wrong bytes came back')
    return elapsedMs
  }

  #events(): StreamEvents<S> {
    return {
      ...SILENT,
      onData: (stream, chunk) => {
        const reply = this.#replies.take(stream, chunk)
        if (reply === undefined) return
        this.#sum += reply.readDoubleLE(0)
        this.#run.peer.end(stream)
      },
      onEnd: () => this.#endedOne(),
      onFailure: (error) => this.#reject(error),
    }
  }

  #open(): void {
    const number = this.#opened++
    const stream = this.#dialed.open()
    if (stream instanceof Promise) stream.then((opened) => this.#send(opened, number)).catch(this.#reject)
    else this.#send(stream, number)
  }

  #send(stream: S, number: number): void {
    this.#run.peer.write(stream, this.#payloads.next(number))
  }

  #endedOne(): void {
    const { streams } = this.#run.sizes
    this.#ended += 1
    if (this.#ended % PROGRESS_STEP === 0) this.#run.progress(this.#ended / streams)
    if (this.#opened < streams) this.#open()
    else if (this.#ended === streams) this.#resolve()
  }
}
