import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** A program of this folder in a process of its own, which is told things and answers each with one message. */
export class Child implements AsyncDisposable {
  readonly #process: ChildProcess

  private constructor(process: ChildProcess) {
    this.#process = process
  }

  /** Starts a program with a value as its argument; resolves with it and its first message. */
  static async start<T>(name: string, argument: unknown): Promise<{ child: Child; first: T }> {
    const isSource = import.meta.url.endsWith('.ts')
    const loader = new URL('../../../../tooling/test-support/typescript-loader.mjs', import.meta.url).href
    const sources = isSource ? ['--conditions=@astranet/source', '--import', loader] : []
    const file = fileURLToPath(new URL(`${name}.${isSource ? 'ts' : 'js'}`, import.meta.url))
    const execArgv = ['--expose-gc', ...sources]
    const child = new Child(fork(file, [JSON.stringify(argument)], { execArgv }))
    return { child, first: await child.#message() }
  }

  /** What the program answers. One question at a time. */
  async ask<T>(question: string): Promise<T> {
    const answer = this.#message<T>()
    this.#process.send(question)
    return await answer
  }

  /** Sends a signal to the process; resolves when it has ended, if it ends it. */
  async signal(name: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): Promise<void> {
    const exit = name === 'SIGKILL' ? once(this.#process, 'exit') : undefined
    this.#process.kill(name)
    await exit
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    const exit = once(this.#process, 'exit')
    // A stopped process would not see the disconnect.
    this.#process.kill('SIGCONT')
    this.#process.disconnect()
    await exit
  }

  async #message<T>(): Promise<T> {
    const ending = new AbortController()
    const { signal } = ending
    const exit = once(this.#process, 'exit', { signal }).then(([code]) => {
      throw new Error(`a child of the test has ended with ${String(code)}`)
    })
    try {
      const [message] = (await Promise.race([once(this.#process, 'message', { signal }), exit])) as [T]
      return message
    } finally {
      exit.catch(() => {})
      ending.abort()
    }
  }
}

/** In a child: what its argument is. */
export function argument<T>(): T {
  return JSON.parse(process.argv[2] ?? 'null') as T
}

/** In a child: sends `first`, answers questions, and ends with the process that has started it. */
export function serve(first: unknown, answer: (question: string) => unknown): void {
  process.on('disconnect', () => process.exit())
  process.on('message', (question) => {
    void Promise.resolve(answer(String(question))).then((given) => process.send?.(given))
  })
  process.send?.(first)
}
