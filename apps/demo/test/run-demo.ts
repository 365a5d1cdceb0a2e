import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const ENTRY = fileURLToPath(new URL('../dist/main.js', import.meta.url))

/** Result of a run of the demo. */
export interface Outcome {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A running process of the built demo. */
export class Demo {
  readonly process: ChildProcess
  readonly outcome: Promise<Outcome>
  #stdout = ''
  #stderr = ''

  constructor(...args: string[]) {
    if (!existsSync(ENTRY))
      throw new Error('the demo is not built: run "npm run build" first ("npm test" does)')
    this.process = spawn(process.execPath, [ENTRY, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    this.process.stdout?.on('data', (chunk) => (this.#stdout += String(chunk)))
    this.process.stderr?.on('data', (chunk) => (this.#stderr += String(chunk)))
    this.outcome = this.#watch()
  }

  /** Resolves with the match once stdout has it. */
  async stdoutHas(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.#stdout)
      if (match !== null) return match
      await once(this.process.stdout as NodeJS.ReadableStream, 'data')
    }
  }

  /** The demo's processes share its stderr, so `'close'` comes when all of them have ended. */
  async #watch(): Promise<Outcome> {
    const [exitCode] = (await once(this.process, 'close')) as [number | null]
    return { exitCode, stdout: this.#stdout, stderr: this.#stderr }
  }
}
