import { AstraNet } from '../../src/index.js'
import { DelayedPath, type DelayedPathOptions } from './delayed-path.js'

/** What came of one join. */
export interface JoinOutcome {
  /** How many tries it took; `undefined`: none of them has succeeded. */
  readonly tries: number | undefined
  /** How long the last try took. */
  readonly ms: number
  /** The codes of the tries that failed. */
  readonly errors: readonly string[]
}

/** A member of the network that joins a node again and again, over a long way. */
export class HonestPeer implements AsyncDisposable {
  readonly #node: AstraNet
  readonly #path: DelayedPath

  private constructor(node: AstraNet, path: DelayedPath) {
    this.#node = node
    this.#path = path
  }

  static async open(secret: string | undefined, path: DelayedPathOptions): Promise<HonestPeer> {
    const node = new AstraNet(secret === undefined ? {} : { secret })
    return new HonestPeer(node, await DelayedPath.open(path))
  }

  /** Joins, and leaves again. */
  async join(maxTries: number): Promise<JoinOutcome> {
    const errors: string[] = []
    let startedAt = 0
    while (errors.length < maxTries) {
      const ending = new AbortController()
      startedAt = performance.now()
      try {
        await this.#node.join('tcp4', this.#path.address, { signal: ending.signal })
        const ms = performance.now() - startedAt
        ending.abort()
        await this.#leave()
        return { tries: errors.length + 1, ms, errors }
      } catch (error) {
        errors.push((error as { code?: string }).code ?? String(error))
      }
    }
    return { tries: undefined, ms: performance.now() - startedAt, errors }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#path[Symbol.asyncDispose]()
    await this.#node.close()
  }

  async #leave(): Promise<void> {
    this.#path.cut()
    while (this.#node.routes().length > 0) await new Promise((resolve) => setImmediate(resolve))
  }
}
