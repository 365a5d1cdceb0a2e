import { onAbort } from './abort-listeners.js'
import { checkOptions, checkSignal, checkTimeout } from './check.js'
import type { Clock, NodeId, Timer, Transport } from '@astranet/interface'
import type { Adopted, Peers } from './peers.js'

/** How to join. */
export interface JoinOptions {
  /**
   * How long one connection may take, in ms, to 2^31 - 1; 0: as long as the system lets it. Default 10,000. Introducing
   * each other has a limit of its own, `helloTimeoutMs` of the node.
   */
  timeoutMs?: number
  /** Ends the attempt, and later the joining again: the link that is there then stays until the node closes. */
  signal?: AbortSignal
}

const DEFAULT_TIMEOUT_MS = 10_000
const FIRST_DELAY_MS = 250
const MAX_DELAY_MS = 30_000

/** @internal What a join needs of its node. */
export interface JoinParts {
  readonly transport: Transport
  readonly network: string
  readonly address: string
  readonly peers: Peers
  readonly clock: Clock
  readonly random: () => number
  /** There will be no more attempts. */
  readonly onStopped: () => void
}

/**
 * A connection that is to be there: after the first success it is made again whenever it ends, at first after a quarter
 * of a second, then ever more slowly up to every 30 s, until it is stopped or the signal aborts.
 */
export class Join {
  readonly #parts: JoinParts
  readonly #timeoutMs: number
  readonly #signal: AbortSignal | undefined
  #ignoreSignal: () => void = () => undefined
  readonly #stopping: AbortController = new AbortController()
  #delayMs = FIRST_DELAY_MS
  #timer: Timer | undefined = undefined

  /** Throws a TypeError or RangeError that names the option that is wrong. */
  constructor(parts: JoinParts, options: JoinOptions) {
    const { timeoutMs = DEFAULT_TIMEOUT_MS, signal } = checkOptions(options)
    this.#parts = parts
    this.#timeoutMs = checkTimeout('timeoutMs', timeoutMs)
    this.#signal = checkSignal(signal)
  }

  /** Connects for the first time; rejects when that fails, with the reason when it is stopped. */
  async start(): Promise<NodeId> {
    this.#signal?.throwIfAborted()
    this.#ignoreSignal = onAbort(this.#signal, () => this.stop(this.#signal?.reason))
    try {
      const adopted = await this.#connect()
      this.#keep(adopted)
      return adopted.nodeId
    } catch (error) {
      const reason: unknown = this.#stopping.signal.aborted ? this.#stopping.signal.reason : error
      this.stop(reason)
      throw reason
    }
  }

  /** No more attempts; one that is under way fails with `reason`. Idempotent. */
  stop(reason: unknown): void {
    if (this.#stopping.signal.aborted) return
    this.#stopping.abort(reason)
    this.#timer?.cancel()
    this.#ignoreSignal()
    this.#parts.onStopped()
  }

  async #connect(): Promise<Adopted> {
    const { transport, network, address, peers } = this.#parts
    const { signal } = this.#stopping
    const connection = await transport.dial(network, address, { timeoutMs: this.#timeoutMs, signal })
    return await peers.adopt(connection, 'dialer', signal)
  }

  #keep({ closed }: Adopted): void {
    this.#delayMs = FIRST_DELAY_MS
    void closed.then(() => this.#retryLater())
  }

  #retryLater(): void {
    if (this.#stopping.signal.aborted) return
    const { clock, random } = this.#parts
    const delayMs = this.#delayMs * (0.5 + 0.5 * random())
    this.#delayMs = Math.min(2 * this.#delayMs, MAX_DELAY_MS)
    this.#timer = clock.setTimer(delayMs, () => this.#retry())
  }

  #retry(): void {
    this.#connect().then(
      (adopted) => this.#keep(adopted),
      () => this.#retryLater(),
    )
  }
}
