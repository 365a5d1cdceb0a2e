import type { Clock, NodeId, Timer, Transport } from '@astranet/interface'
import type { Adopted, Peers } from './peers.js'

/** How to join. */
export interface JoinOptions {
  /** How long the first connection may take, in ms; 0: as long as the system lets it. Default 10,000. */
  timeoutMs?: number
  /** Ends the attempt, and later the joining again: the link that is there then stays until the node closes. */
  signal?: AbortSignal
}

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
  readonly isClosed: () => boolean
}

/**
 * A connection that is to be there: after the first success it is made again whenever it ends, at first after a quarter
 * of a second, then ever more slowly up to every 30 s, until the node is closed or the signal aborts.
 */
export class Join {
  readonly #parts: JoinParts
  readonly #options: JoinOptions
  #delayMs = FIRST_DELAY_MS
  #timer: Timer | undefined = undefined

  constructor(parts: JoinParts, options: JoinOptions) {
    this.#parts = parts
    this.#options = options
  }

  /** Connects for the first time; rejects when that fails. */
  async start(): Promise<NodeId> {
    const adopted = await this.#connect()
    this.#keep(adopted)
    return adopted.nodeId
  }

  /** No more attempts. Idempotent. */
  stop(): void {
    this.#timer?.cancel()
  }

  async #connect(): Promise<Adopted> {
    const { transport, network, address, peers } = this.#parts
    const { timeoutMs, signal } = this.#options
    const connection = await transport.dial(network, address, {
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      ...(signal === undefined ? {} : { signal }),
    })
    return await peers.adopt(connection, 'dialer')
  }

  get #isOver(): boolean {
    return this.#parts.isClosed() || this.#options.signal?.aborted === true
  }

  #keep({ closed }: Adopted): void {
    this.#delayMs = FIRST_DELAY_MS
    void closed.then(() => this.#retryLater())
  }

  #retryLater(): void {
    if (this.#isOver) return
    const { clock, random } = this.#parts
    const delayMs = this.#delayMs * (0.5 + 0.5 * random())
    this.#delayMs = Math.min(2 * this.#delayMs, MAX_DELAY_MS)
    this.#timer = clock.setTimer(delayMs, () => this.#retry())
  }

  #retry(): void {
    if (this.#isOver) return
    this.#connect().then(
      (adopted) => this.#keep(adopted),
      () => this.#retryLater(),
    )
  }
}
