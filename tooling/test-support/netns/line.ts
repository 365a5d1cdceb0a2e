import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { run } from './commands.js'

/** What a line between two namespaces is like. */
export interface LineOptions {
  /** Bytes that enter either end in a second. Default 125,000,000, which is 1 Gbit/s. */
  readonly bytesPerSecond?: number
  /** Time from one end to the other, in ms. */
  readonly delayMs: number
  /** The share of packets that is lost, 0 to 1. Default 0. */
  readonly loss?: number
}

/** One end of a line: a network interface in a namespace. */
export interface LineEnd {
  readonly namespace: string
  readonly name: string
}

const SCRIPT = fileURLToPath(new URL('delay-line.pl', import.meta.url))

/** A line with a delay between two network interfaces, which it makes. */
export class DelayLine {
  readonly #process: ChildProcess

  private constructor(process: ChildProcess) {
    this.#process = process
  }

  /** Lays a line. `kind` is `'tap'` for a cable that bridges can take, `'tun'` for one of packets without frames. */
  static async lay(
    [one, other]: readonly [LineEnd, LineEnd],
    { bytesPerSecond = 125_000_000, delayMs, loss = 0 }: LineOptions,
    kind: 'tap' | 'tun',
  ): Promise<DelayLine> {
    // Both devices are made in the first namespace, where their names must differ.
    const second = `${one.name}-far`
    const settings = [bytesPerSecond, delayMs, loss].map(String)
    const line = spawn(
      'ip',
      ['netns', 'exec', one.namespace, 'perl', SCRIPT, one.name, second, ...settings, kind],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    )
    await Promise.race([
      once(line.stdout, 'data'),
      once(line, 'exit').then(() => Promise.reject(new Error('the delay line ended before it was ready'))),
    ])
    run('ip', '-n', one.namespace, 'link', 'set', second, 'netns', other.namespace, 'name', other.name)
    return new DelayLine(line)
  }

  /** Ends the line; its interfaces go. Idempotent. */
  async end(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    const exit = once(this.#process, 'exit')
    this.#process.stdin?.end()
    await exit
  }
}
