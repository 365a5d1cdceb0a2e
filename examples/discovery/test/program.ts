import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url))

/** A process of the built example. */
export class Program {
  readonly process: ChildProcess
  /** Resolves with its exit code, or the signal that ended it. */
  readonly ended: Promise<number | string | null>
  stderr = ''
  readonly #lines: string[] = []
  #onLine: () => void = () => undefined

  constructor(...args: string[]) {
    if (!existsSync(MAIN))
      throw new Error('the example is not built: run "npm run build" first ("npm test" does)')
    this.process = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    this.process.stderr?.on('data', (chunk) => (this.stderr += String(chunk)))
    this.ended = once(this.process, 'close').then(([code, signal]: unknown[]) => (code ?? signal) as number)
    void this.ended.then(() => this.#onLine())
    if (this.process.stdout === null) return
    createInterface(this.process.stdout).on('line', (line) => {
      this.#lines.push(line)
      this.#onLine()
    })
  }

  get pid(): number {
    return this.process.pid ?? 0
  }

  /** The next line of its output. Rejects if the process ends before. */
  async line(): Promise<string> {
    for (;;) {
      const line = this.#lines.shift()
      if (line !== undefined) return line
      if (this.process.exitCode !== null || this.process.signalCode !== null)
        throw new Error(`the process ended: ${this.stderr}`)
      await new Promise<void>((resolve) => (this.#onLine = resolve))
    }
  }

  /** Ends it as `kill -9` does; it can tell nobody. */
  async kill(): Promise<void> {
    this.process.kill('SIGKILL')
    await this.ended
  }
}
