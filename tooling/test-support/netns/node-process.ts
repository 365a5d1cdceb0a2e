import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** What a process can be asked: functions with at most one argument, which can be cloned as well as the result. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Calls = Record<string, (argument: any) => unknown>

interface Answer {
  readonly id: number
  readonly result?: unknown
  readonly error?: string
}

/** Node's options for a script that runs from its source, in TypeScript. */
const FROM_SOURCE = [
  '--import',
  new URL('../typescript-loader.mjs', import.meta.url).href,
  '--conditions=@astranet/source',
]

/**
 * A Node.js process in a network namespace that runs a script. The script calls {@link serveCalls}, or answers as that
 * does. `T` is what the script answers.
 */
export class NodeProcess<T extends Calls> implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #pending = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>()
  #calls = 0

  /** `options` are Node's; without them the script runs from its source. */
  constructor(namespace: string, script: URL, options: readonly string[] = FROM_SOURCE) {
    const node = [process.execPath, ...options, fileURLToPath(script)]
    this.#child = spawn('ip', ['netns', 'exec', namespace, ...node], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      // As structured clones: big integers too.
      serialization: 'advanced',
    })
    this.#child.on('message', (answer: Answer) => this.#settle(answer))
    this.#child.once('exit', (code, signal) =>
      this.#fail(new Error(`the process ended with ${signal ?? code}`)),
    )
  }

  /** Has the process do something; rejects with what its function threw, and when it ends. */
  call<K extends keyof T & string>(
    name: K,
    ...[argument]: Parameters<T[K]>
  ): Promise<Awaited<ReturnType<T[K]>>> {
    const id = this.#calls++
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve: resolve as (value: unknown) => void, reject })
      this.#child.send({ id, name, argument }, (error) => error !== null && this.#fail(error))
    })
  }

  /** Sends a signal: `SIGSTOP` stops the process, as a machine that sleeps would, until `SIGCONT`. */
  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** Ends the process at once. Idempotent. */
  async [Symbol.asyncDispose](): Promise<void> {
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

/** Answers the calls of a {@link NodeProcess}, in the script that it runs. The process ends with the one that asks. */
export function serveCalls(calls: Calls): void {
  process.on('message', ({ id, name, argument }: { id: number; name: string; argument: unknown }) => {
    Promise.resolve()
      .then(() => calls[name]?.(argument))
      .then(
        (result) => process.send?.({ id, result }),
        (error: unknown) =>
          process.send?.({
            id,
            error: error instanceof Error ? (error.stack ?? error.message) : String(error),
          }),
      )
  })
  process.on('disconnect', () => process.exit())
}
