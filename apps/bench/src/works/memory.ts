import type { Dialed, StreamEvents } from '../peer.js'
import { SILENT, type Metric, type ProcessMemory, type Run, type Work } from '../work.js'
import { serveEcho } from './echo.js'
import { PayloadRing, Replies } from './replies.js'

type MemorySizes = {
  /** Numbers of open streams at which memory is measured, in rising order. */
  readonly stages: readonly number[]
  /** Factor for the bound of a peer (`maxOpenStreams`). */
  readonly scale: number
}

const STAGES = [10_000, 100_000, 1_000_000, 10_000_000]
const PAYLOAD_BYTES = 16
/** Streams that wait for their echo at the same time. */
const AT_ONCE = 1_000
/** Number of streams between two reports of progress. */
const PROGRESS_STEP = 1_024

/** Memory of an open stream, after each stream had 16 bytes echoed. */
export const memory: Work<MemorySizes> = {
  name: 'memory',
  title: 'Memory (RSS) per open stream, each having echoed 16 bytes',
  sizes: (scale) => ({
    stages: STAGES.map((count) => Math.max(10, Math.round(count * scale))),
    scale: Math.min(1, scale),
  }),
  metrics: ({ stages }) => stages.flatMap(metricsOf),
  serve: (peer) => serveEcho(peer),
  run: (run) => new Memory(run).done(),
}

function metricsOf(count: number): Metric[] {
  const at = countText(count)
  return [
    { name: `client at ${at}`, unit: 'B/stream', isHigherBetter: false },
    { name: `server at ${at}`, unit: 'B/stream', isHigherBetter: false },
    { name: `time to ${at}`, unit: 's', isHigherBetter: false },
  ]
}

/** 10,000 is `10k`, 1,000,000 is `1M`. */
function countText(count: number): string {
  if (count >= 1e6) return `${count / 1e6}M`
  return count >= 1e3 ? `${count / 1e3}k` : String(count)
}

class Memory<S extends object> {
  readonly #run: Run<S, MemorySizes>
  readonly #replies = new Replies<S>(PAYLOAD_BYTES)
  readonly #payloads = new PayloadRing(PAYLOAD_BYTES, 65_536)
  #dialed!: Dialed<S>
  #opened = 0
  #echoed = 0
  #target = 0
  /** Sum of the returned numbers; each stream sends its own number. */
  #sum = 0
  #resolve!: () => void
  #reject: (error: Error) => void = () => undefined

  constructor(run: Run<S, MemorySizes>) {
    this.#run = run
  }

  async done(): Promise<void> {
    const { peer, address, sizes } = this.#run
    this.#dialed = await peer.dial(address, this.#events())
    const before = await this.#run.memory()
    let elapsedMs = 0
    const most = Math.max(10, peer.maxOpenStreams * sizes.scale)
    for (const count of sizes.stages.filter((each) => each <= most)) {
      const startedAt = performance.now()
      await this.#openUpTo(count)
      elapsedMs += performance.now() - startedAt
      if (this.#sum !== (count * (count - 1)) / 2) throw new Error('wrong bytes came back')
      this.#report({ count, before, now: await this.#run.memory(), elapsedMs })
    }
  }

  #report(stage: { count: number; before: ProcessMemory; now: ProcessMemory; elapsedMs: number }): void {
    const { count, before, now, elapsedMs } = stage
    const at = countText(count)
    this.#run.report(`client at ${at}`, (now.client - before.client) / count)
    this.#run.report(`server at ${at}`, (now.server - before.server) / count)
    this.#run.report(`time to ${at}`, elapsedMs / 1000)
  }

  #events(): StreamEvents<S> {
    return {
      ...SILENT,
      onData: (stream, chunk) => {
        const reply = this.#replies.take(stream, chunk)
        if (reply !== undefined) this.#echoedOne(reply.readDoubleLE(0))
      },
      onEnd: () => this.#reject(new Error('a stream was ended early')),
      onFailure: (error) => this.#reject(error),
    }
  }

  #openUpTo(count: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
      this.#target = count
      const first = Math.min(count, this.#opened + AT_ONCE)
      while (this.#opened < first) this.#open()
    })
  }

  #open(): void {
    const number = this.#opened++
    const stream = this.#dialed.open()
    if (stream instanceof Promise) {
      stream.then((opened) => this.#send(opened, number)).catch((error: Error) => this.#reject(error))
    } else this.#send(stream, number)
  }

  #send(stream: S, number: number): void {
    this.#run.peer.write(stream, this.#payloads.next(number))
  }

  #echoedOne(number: number): void {
    this.#sum += number
    this.#echoed += 1
    if (this.#echoed % PROGRESS_STEP === 0) this.#run.progress(this.#echoed / this.#target)
    if (this.#opened < this.#target) this.#open()
    else if (this.#echoed === this.#target) this.#resolve()
  }
}
