import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Command, Message } from '../protocol.js'

/** How much of the other output of a process is kept, in characters, for the message of a failure. */
const STDERR_CHARACTERS = 4_000

/** How long a process may take to exit after the end of its input, in ms. */
const KILL_AFTER_MS = 10_000

/** What nodes would read, and act on. Empty variables count as absent. */
const UNSET = { MPXROUTER: '', SKYNET_BIND: '', ASTRANET_JOIN: '', ASTRANET_LISTEN: '', ASTRANET_SECRET: '' }

/** A process of a measurement. It sends messages line by line, and receives commands. */
export class Child {
  readonly #process: ChildProcess
  readonly #waiting: { readonly event: Message['event']; resolve(message: Message): void }[] = []
  readonly #exit: Promise<unknown>
  #stderr = ''

  /**
   * Starts `command`. `onMessage` receives the messages for which no caller waits. `onFailure` is called when the
   * process reports a failure or ends.
   */
  constructor(
    { command, environment }: { command: readonly string[]; environment: Readonly<Record<string, string>> },
    events: { onMessage(message: Message): void; onFailure(why: string): void },
  ) {
    const [program = '', ...args] = command
    this.#process = spawn(program, args, { env: { ...process.env, ...UNSET, ...environment }, stdio: 'pipe' })
    this.#exit = once(this.#process, 'close').catch(() => undefined)
    this.#process.stdin?.on('error', () => undefined)
    this.#process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-STDERR_CHARACTERS)
    })
    this.#process.on('error', (error) => events.onFailure(error.message))
    this.#process.on('close', (code, signal) => {
      events.onFailure(`it ended with ${signal ?? `exit code ${code}`}${this.#lastWords()}`)
    })
    if (this.#process.stdout === null) return
    createInterface(this.#process.stdout).on('line', (line) => {
      const message = parse(line)
      if (message?.event === 'failed') events.onFailure(message.message)
      else if (message !== undefined && !this.#isAwaited(message)) events.onMessage(message)
    })
  }

  /** The next message of this kind. Never settles if there is none: the measurement fails first. */
  next<E extends Message['event']>(event: E): Promise<Message & { event: E }> {
    return new Promise((resolve) => {
      this.#waiting.push({ event, resolve: (message) => resolve(message as Message & { event: E }) })
    })
  }

  send(command: Command): void {
    this.#process.stdin?.write(`${JSON.stringify(command)}\n`)
  }

  /** Collects the garbage of the process and resolves with its memory after that, in bytes. */
  async rss(): Promise<number> {
    const answer = this.next('rss')
    this.send({ do: 'rss' })
    return (await answer).bytes
  }

  /** The CPU time of the process so far, in seconds. */
  async cpuTime(): Promise<number> {
    const answer = this.next('cpu-time')
    this.send({ do: 'cpu-time' })
    return (await answer).seconds
  }

  /**
   * Ends the input of the process, so that it ends what it started and exits, or kills it. Resolves when it is gone.
   */
  async kill(): Promise<void> {
    this.#process.stdin?.end()
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), KILL_AFTER_MS)
    await this.#exit
    clearTimeout(timer)
  }

  /** From its other output: the line that names an error, otherwise the last line. */
  #lastWords(): string {
    const lines = this.#stderr.trim().split('\n')
    const words = lines.find((line) => /error/i.test(line)) ?? lines.at(-1) ?? ''
    return words === '' ? '' : `: ${words.trim()}`
  }

  #isAwaited(message: Message): boolean {
    const index = this.#waiting.findIndex(({ event }) => event === message.event)
    const [waiter] = index === -1 ? [] : this.#waiting.splice(index, 1)
    waiter?.resolve(message)
    return waiter !== undefined
  }
}

function parse(line: string): Message | undefined {
  try {
    return JSON.parse(line) as Message
  } catch {
    // A library printed something.
    return undefined
  }
}
