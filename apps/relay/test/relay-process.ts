import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

/** The command as it is installed. */
export const COMMAND: string = fileURLToPath(new URL('../bin/astranet-relay.js', import.meta.url))

/** One event of the log. */
export type LogEvent = Readonly<Record<string, unknown>> & { readonly event: string; readonly msg: string }

/** Result of a run. */
export interface Outcome {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

/** How a process is started. */
interface StartOptions {
  readonly environment?: Readonly<Record<string, string>>
  /** Default: this Node with {@link COMMAND}. */
  readonly command?: readonly [program: string, ...args: string[]]
}

/** A running process of the built relay. It is killed when the test has finished. */
export class RelayProcess {
  readonly process: ChildProcess
  readonly outcome: Promise<Outcome>
  #stdout = ''
  #stderr = ''

  /** Starts it with exactly these arguments. */
  constructor(args: readonly string[], { environment = {}, command }: StartOptions = {}) {
    if (!existsSync(fileURLToPath(new URL('../dist/main.js', import.meta.url))))
      throw new Error('the relay is not built: run "npm run build" first ("npm test" does)')
    const [program, ...first] = command ?? [process.execPath, COMMAND]
    this.process = spawn(program, [...first, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH, HOME: process.env.HOME, ...environment },
    })
    this.process.stdout?.on('data', (chunk) => (this.#stdout += String(chunk)))
    this.process.stderr?.on('data', (chunk) => (this.#stderr += String(chunk)))
    this.outcome = once(this.process, 'close').then(([exitCode]) => ({
      exitCode: exitCode as number | null,
      stdout: this.#stdout,
      stderr: this.#stderr,
    }))
    onTestFinished(() => {
      this.process.kill('SIGKILL')
      return this.outcome.then(() => undefined)
    })
  }

  /** Starts a relay at a free port of 127.0.0.1, with its admin server too, and waits until it is ready. */
  static async listening(...args: string[]): Promise<RelayProcess> {
    const relay = new RelayProcess(['--listen', 'tcp://127.0.0.1:0', '--admin', '127.0.0.1:0', ...args])
    await relay.event('listening')
    return relay
  }

  /** The events so far. */
  get events(): LogEvent[] {
    return this.#stdout
      .split('\n')
      .slice(0, -1)
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as LogEvent)
  }

  /** Resolves with the first event of that name that has those fields, once it is there. */
  async event(name: string, fields: Readonly<Record<string, unknown>> = {}): Promise<LogEvent> {
    const found = await this.#when(() => {
      return this.events.find(
        (each) => each.event === name && Object.entries(fields).every(([key, value]) => each[key] === value),
      )
    })
    return found
  }

  /** Resolves with the match once stdout has it. */
  async stdoutHas(pattern: RegExp): Promise<RegExpExecArray> {
    return await this.#when(() => pattern.exec(this.#stdout) ?? undefined)
  }

  /** `host:port` of the listener of a network. */
  async address(network = 'tcp'): Promise<string> {
    const { address } = await this.#when(() =>
      this.events.find(
        (each) => each.event === 'listening' && String(each['address']).startsWith(`${network}://`),
      ),
    )
    return String(address).slice(`${network}://`.length)
  }

  /** The URL of the admin server. */
  async admin(): Promise<string> {
    return String((await this.event('admin'))['url'])
  }

  /** The value of a metric with exactly these labels. */
  async metric(name: string): Promise<number> {
    const text = await (await fetch(`${await this.admin()}/metrics`)).text()
    const line = text.split('\n').find((each) => each.startsWith(`${name} `))
    if (line === undefined) throw new Error(`there is no metric ${name} in:\n${text}`)
    return Number(line.slice(name.length + 1))
  }

  /** What `/status` answers. */
  async status(): Promise<RelayStatus> {
    return (await (await fetch(`${await this.admin()}/status`)).json()) as RelayStatus
  }

  async #when<T>(look: () => T | undefined): Promise<T> {
    for (;;) {
      const found = look()
      if (found !== undefined) return found
      const isOver = await Promise.race([
        once(this.process.stdout as NodeJS.ReadableStream, 'data').then(() => false),
        this.outcome.then(() => true),
      ])
      if (isOver && look() === undefined)
        throw new Error(`the relay has ended:\n${this.#stdout}${this.#stderr}`)
    }
  }
}

/** The parts of `/status` that tests read. */
export interface RelayStatus {
  readonly relay: { readonly nodeId: string; readonly state: string; readonly listeners: readonly string[] }
  readonly counts: Readonly<Record<string, number>>
  readonly bytes: { readonly sent: number; readonly received: number }
  readonly joins: readonly Readonly<Record<string, unknown>>[]
  readonly nodes: readonly Readonly<Record<string, unknown>>[]
  readonly links: readonly Readonly<Record<string, unknown>>[]
  readonly tunnels: readonly Readonly<Record<string, unknown>>[]
  readonly forwarding: { readonly bytes: { readonly held: number; readonly forwarded: number } }
  readonly services: readonly Readonly<Record<string, unknown>>[]
}
