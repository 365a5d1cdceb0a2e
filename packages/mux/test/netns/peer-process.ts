import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { SessionLimits } from '../../src/index.js'

/** What runs on the connection: bytes as they are, or a session. */
export type Mode = 'raw' | 'session'

/** How one side's session is set up. */
export interface SideOptions {
  readonly mode: Mode
  readonly limits?: SessionLimits
}

/** What {@link PeerProcess.call} can ask for, and what it answers. See peer.mjs. */
export interface Calls {
  /** Takes one connection; answers as soon as the port is bound. */
  listen(options: SideOptions): { port: number }
  dial(options: SideOptions & { host: string; port: number }): { connection: number }
  /** Begins to send without an end: on the socket itself, or on so many streams of the session. */
  pour(options: { connection: number; streams: number; shape: 'raw' | 'light' | 'duplex' }): object
  /** How many bytes arrived in this time, on each stream. */
  measure(options: { ms: number }): { bytes: number[]; elapsedMs: number }
  /** Opens a stream, sends so many bytes, and answers when as many came back. */
  exchange(options: { connection: number; bytes: number }): object
  /** Sends a record of the session's protocol byte by byte, and answers when the connection ends. */
  drip(options: { host: string; port: number; intervalMs: number }): { sentBytes: number; elapsedMs: number }
  /** Whether each session that there was is over, and why. */
  sessions(): { over: { code: string; message: string } | undefined; isClosing: boolean }[]
  /** Answers when the session of this connection is over. */
  over(options: { connection: number }): { code: string; message: string; atMs: number }
  /** Answers after this time. */
  wait(options: { ms: number }): object
}

interface Answer {
  readonly id: number
  readonly result?: unknown
  readonly error?: string
}

/** A process in a network namespace that does one side of a measurement. */
export class PeerProcess {
  readonly #child: ChildProcess
  readonly #pending = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>()
  #calls = 0

  /** Starts one in `namespace`. */
  constructor(namespace: string) {
    const script = fileURLToPath(new URL('peer.mjs', import.meta.url))
    this.#child = spawn('ip', ['netns', 'exec', namespace, process.execPath, script], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    this.#child.on('message', (answer: Answer) => this.#settle(answer))
    this.#child.once('exit', (code, signal) => this.#fail(new Error(`the peer ended with ${signal ?? code}`)))
  }

  /** Has the process do something. */
  call<K extends keyof Calls>(name: K, ...options: Parameters<Calls[K]>): Promise<ReturnType<Calls[K]>> {
    const id = this.#calls++
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve: resolve as (value: unknown) => void, reject })
      this.#child.send({ id, name, options: options[0] ?? {} })
    })
  }

  /** Stops the process, as Ctrl-Z does, until `continue`. */
  stop(): void {
    this.#child.kill('SIGSTOP')
  }

  continue(): void {
    this.#child.kill('SIGCONT')
  }

  /** Ends the process. */
  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exit = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await exit
  }

  #settle({ id, result, error }: Answer): void {
    const pending = this.#pending.get(id)
    this.#pending.delete(id)
    if (error === undefined) pending?.resolve(result)
    else pending?.reject(new Error(error))
  }

  #fail(error: Error): void {
    for (const { reject } of this.#pending.values()) reject(error)
    this.#pending.clear()
  }
}
