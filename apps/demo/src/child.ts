import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { CallMessage, Calls, ReplyMessage } from './calls.js'

/** How long a call may run without a report of progress, in ms. */
const STALL_TIMEOUT_MS = 120_000

/** A call failed in its process, or the process is gone. */
export class ChildError extends Error {}

interface PendingCall {
  readonly id: number
  resolve(result: unknown): void
  reject(error: Error): void
  onProgress(done: number): void
}

/** Which process to start, and how. */
export interface ChildOptions {
  /** Its name in messages. */
  readonly name: string
  /** The file that it runs. */
  readonly module: URL
  /** Limit of its heap, in MiB. */
  readonly heapMiB: number
}

/** A process of the demo. Calls use Node's channel between parent and child, one call at a time. */
export class Child<T extends Calls<T>> {
  readonly #name: string
  readonly #process: ChildProcess
  #pending: PendingCall | undefined = undefined
  #lastId = 0
  #isKilled = false
  #end: ChildError | undefined = undefined
  #rejectEnded!: (error: ChildError) => void

  /** Never resolves. Rejects with a {@link ChildError} when the process is gone without `kill`, also between calls. */
  readonly ended: Promise<never> = new Promise((_resolve, reject) => (this.#rejectEnded = reject))

  constructor({ name, module, heapMiB }: ChildOptions) {
    this.#name = name
    this.#process = fork(fileURLToPath(module), [], {
      execArgv: ['--expose-gc', `--max-old-space-size=${heapMiB}`],
      // Anything else that a process prints is about an error: stdout is only for the result.
      stdio: ['ignore', 2, 2, 'ipc'],
    })
    // A caller that kills the process need not wait for its end.
    this.ended.catch(() => undefined)
    this.#process.on('message', (message) => this.#receive(message as ReplyMessage))
    this.#process.on('error', (error) => this.#over(error.message))
    this.#process.on('exit', (code, signal) => this.#over(`it ended with ${signal ?? `exit code ${code}`}`))
  }

  /** The process's id; 0 when it could not be started. */
  get pid(): number {
    return this.#process.pid ?? 0
  }

  /**
   * Calls `name`. Rejects with a {@link ChildError} when the call fails, the process ends, or there is no progress for
   * two minutes.
   */
  async call<Name extends keyof T & string>(
    name: Name,
    argument: Parameters<T[Name]>[0],
    onProgress: (done: number) => void = () => undefined,
  ): Promise<Awaited<ReturnType<T[Name]>>> {
    if (this.#end !== undefined) throw this.#end
    this.#lastId += 1
    const message: CallMessage = { id: this.#lastId, name, argument }
    let stallTimer: NodeJS.Timeout | undefined
    try {
      const result = await new Promise<unknown>((resolve, reject) => {
        const stalled = (): void =>
          reject(new ChildError(`the ${this.#name} process made no progress in "${name}"`))
        stallTimer = setTimeout(stalled, STALL_TIMEOUT_MS)
        const moved = (done: number): void => (stallTimer?.refresh(), onProgress(done))
        this.#pending = { id: message.id, resolve, reject, onProgress: moved }
        // A process that is just ending takes no message; its exit, which follows, says why.
        this.#process.send(message, () => undefined)
      })
      return result as Awaited<ReturnType<T[Name]>>
    } finally {
      clearTimeout(stallTimer)
      this.#pending = undefined
    }
  }

  /** Ends the process at once. Idempotent. */
  kill(): void {
    this.#isKilled = true
    this.#process.kill('SIGKILL')
  }

  #receive(message: ReplyMessage): void {
    const pending = this.#pending
    if (pending === undefined) return
    if (message.kind === 'progress') pending.onProgress(message.done)
    else if (message.id !== pending.id) return
    else if (message.kind === 'result') pending.resolve(message.result)
    else pending.reject(new ChildError(`the ${this.#name} process: ${message.message}`))
  }

  #over(why: string): void {
    this.#end ??= new ChildError(`the ${this.#name} process is gone: ${why}`)
    if (!this.#isKilled) this.#rejectEnded(this.#end)
    this.#pending?.reject(this.#end)
  }
}
