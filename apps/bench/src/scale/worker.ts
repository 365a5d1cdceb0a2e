import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** The calls of a process, by name: each takes one argument and answers. */
export type Calls = Readonly<Record<string, (argument: never) => unknown>>

type Argument<F> = F extends (argument: infer A) => unknown ? A : never
type Answer<F> = F extends (argument: never) => infer R ? Awaited<R> : never

interface Request {
  readonly id: number
  readonly name: string
  readonly argument: unknown
}

interface Reply {
  readonly id: number
  readonly answer?: unknown
  readonly error?: string
}

interface Pending {
  resolve(answer: unknown): void
  reject(error: Error): void
}

/** A process of a measurement, which does what it is asked. */
export class Worker<T extends Calls> {
  readonly #name: string
  readonly #child: ChildProcess
  readonly #pending = new Map<number, Pending>()
  #calls = 0

  /** Starts `name.js` of this folder. */
  constructor(name: string) {
    this.#name = name
    this.#child = fork(fileURLToPath(new URL(`${name}.js`, import.meta.url)), {
      serialization: 'advanced',
      // Memory is measured behind a collection.
      execArgv: [...process.execArgv, '--expose-gc'],
    })
    this.#child.on('message', (reply: Reply) => this.#settle(reply))
    this.#child.once('exit', (code, signal) => this.#fail(`it ended with ${signal ?? `exit code ${code}`}`))
  }

  /** Has the process do something. */
  call<K extends keyof T & string>(name: K, argument: Argument<T[K]>): Promise<Answer<T[K]>> {
    const id = this.#calls++
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve: resolve as (answer: unknown) => void, reject })
      this.#child.send({ id, name, argument } satisfies Request)
    })
  }

  /** Kills it; resolves when it has exited. */
  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exit = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await exit
  }

  #settle({ id, answer, error }: Reply): void {
    const pending = this.#pending.get(id)
    this.#pending.delete(id)
    if (error === undefined) pending?.resolve(answer)
    else pending?.reject(new Error(`${this.#name}: ${error}`))
  }

  #fail(why: string): void {
    for (const { reject } of this.#pending.values()) reject(new Error(`${this.#name}: ${why}`))
    this.#pending.clear()
  }
}

/** What a process of this folder runs: it answers calls until its parent has gone. */
export function answerCalls(calls: Calls): void {
  process.on('message', ({ id, name, argument }: Request) => {
    void answer(calls[name] as ((argument: unknown) => unknown) | undefined, argument).then((result) => {
      process.send?.({ id, ...result })
    })
  })
  process.on('disconnect', () => process.exit())
}

async function answer(
  call: ((argument: unknown) => unknown) | undefined,
  argument: unknown,
): Promise<Omit<Reply, 'id'>> {
  try {
    if (call === undefined) throw new Error('there is no such call')
    return { answer: await call(argument) }
  } catch (error) {
    return { error: error instanceof Error ? (error.stack ?? error.message) : String(error) }
  }
}
