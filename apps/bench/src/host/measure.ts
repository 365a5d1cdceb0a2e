import type { Message, Task } from '../protocol.js'
import type { Sizes } from '../work.js'
import { Child } from './child.js'
import type { Contestant } from './contestant.js'

/** One measurement: one peer does one work once. */
export interface Measurement {
  readonly contestant: Contestant
  readonly work: string
  readonly sizes: Sizes
  /** Added to the environment of both processes. */
  readonly environment: Readonly<Record<string, string>>
  /** After this time the measurement counts as failed. */
  readonly timeLimitMs: number
}

/** The result. Values that were reported before a failure are kept. */
export interface Outcome {
  readonly values: ReadonlyMap<string, number>
  /** Why the work was not finished, as a sentence. */
  readonly failure?: string
}

/** Starts both processes, runs the work, ends both. Never rejects because of a peer. */
export async function measure(
  measurement: Measurement,
  onProgress: (done: number) => void,
): Promise<Outcome> {
  const both = new Both(measurement, onProgress)
  try {
    await both.run()
    return { values: both.values }
  } catch (error) {
    return { values: both.values, failure: (error as Error).message }
  } finally {
    await both.end()
  }
}

class Both {
  readonly values = new Map<string, number>()
  readonly #measurement: Measurement
  readonly #onProgress: (done: number) => void
  readonly #failed: Promise<never>
  #reject!: (error: Error) => void
  #server: Child | undefined
  #client: Child | undefined
  #done = 0

  constructor(measurement: Measurement, onProgress: (done: number) => void) {
    this.#measurement = measurement
    this.#onProgress = onProgress
    this.#failed = new Promise((_resolve, reject) => (this.#reject = reject))
    this.#failed.catch(() => undefined)
  }

  async run(): Promise<void> {
    const { timeLimitMs } = this.#measurement
    const limit = setTimeout(() => {
      const percent = Math.round(this.#done * 100)
      this.#reject(new Error(`not finished after ${timeLimitMs / 1000} s, at ${percent} %`))
    }, timeLimitMs)
    try {
      await Promise.race([this.#work(), this.#failed])
    } finally {
      clearTimeout(limit)
    }
  }

  async end(): Promise<void> {
    await Promise.all([this.#client?.kill(), this.#server?.kill()])
  }

  async #work(): Promise<void> {
    this.#server = this.#start('server')
    const { address } = await this.#server.next('listening')
    this.#client = this.#start('client', address)
    await this.#client.next('done')
  }

  #start(side: Task['side'], address?: string): Child {
    const { contestant, work, sizes, environment } = this.#measurement
    const { name, maxOpenStreams, command } = contestant
    const where = address === undefined ? {} : { address }
    const task: Task = { side, peer: name, work, sizes, maxOpenStreams, ...where }
    const child = { command: [...command, JSON.stringify(task)], environment }
    return new Child(child, {
      onMessage: (message) => this.#received(message),
      onFailure: (why) => this.#reject(new Error(`${side}: ${why}`)),
    })
  }

  #received(message: Message): void {
    if (message.event === 'value') this.values.set(message.metric, message.value)
    else if (message.event === 'memory') void this.#measureMemory()
    else if (message.event === 'cpu') void this.#measureCpu()
    else if (message.event === 'progress') {
      this.#done = message.done
      this.#onProgress(message.done)
    }
  }

  async #measureMemory(): Promise<void> {
    if (this.#client === undefined || this.#server === undefined) return
    const client = await this.#client.rss()
    const server = await this.#server.rss()
    this.#client.send({ do: 'memory', client, server })
  }

  async #measureCpu(): Promise<void> {
    if (this.#client === undefined || this.#server === undefined) return
    const [client, server] = await Promise.all([this.#client.cpuTime(), this.#server.cpuTime()])
    this.#client.send({ do: 'cpu', client, server })
  }
}
