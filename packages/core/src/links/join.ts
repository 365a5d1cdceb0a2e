import { checkOptions, checkSignal, checkTimeout } from '../api/check.js'
import { onAbort, type Clock, type NodeId, type Timer, type Transport } from '@astranet/interface'
import type { Peers } from './link-table.js'

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

/** A link that lived so long was no failure: the next attempt comes soon again. In ms. */
const STABLE_AFTER_MS = 10_000

/** @internal What a join needs of its node. */
export interface JoinParts {
  readonly transport: Transport
  readonly network: string
  readonly address: string
  readonly peers: Peers
  readonly clock: Clock
  readonly random: () => number
  /** The node that there is a link to already because of another join of the address. */
  readonly joined: () => NodeId | undefined
  /** Resolves, never rejects, when it is known what the node offers, or `signal` aborts, or it took too long. */
  readonly current: (nodeId: NodeId, signal: AbortSignal) => Promise<void>
  /** There will be no more attempts. */
  readonly onStopped: () => void
}

/**
 * A neighbour that is to be there: after the first success it is joined again whenever there is no link to it any more,
 * whoever made that link. At first after a quarter of a second, then ever more slowly up to every 30 s, and from the start
 * again once a link lived for 10 s; until it is stopped or the signal aborts.
 */
export class Join {
  readonly #parts: JoinParts
  readonly #timeoutMs: number
  readonly #signal: AbortSignal | undefined
  #ignoreSignal: () => void = () => undefined
  readonly #stopping: AbortController = new AbortController()
  #delayMs = FIRST_DELAY_MS
  #timer: Timer | undefined = undefined
  #unwatch: () => void = () => undefined
  #nodeId: NodeId | undefined = undefined

  /** Throws a TypeError or RangeError that names the option that is wrong. */
  constructor(parts: JoinParts, options: JoinOptions) {
    const { timeoutMs = DEFAULT_TIMEOUT_MS, signal } = checkOptions(options)
    this.#parts = parts
    this.#timeoutMs = checkTimeout('timeoutMs', timeoutMs)
    this.#signal = checkSignal(signal)
  }

  get network(): string {
    return this.#parts.network
  }

  get address(): string {
    return this.#parts.address
  }

  /** The node there, when it was last joined. */
  get nodeId(): NodeId | undefined {
    return this.#nodeId
  }

  /** Connects for the first time; rejects when that fails, with the reason when it is stopped. */
  async start(): Promise<NodeId> {
    this.#signal?.throwIfAborted()
    this.#ignoreSignal = onAbort(this.#signal, () => this.stop(this.#signal?.reason))
    try {
      const nodeId = this.#parts.joined() ?? (await this.#connect())
      this.#keep(nodeId)
      await this.#parts.current(nodeId, this.#stopping.signal)
      return nodeId
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
    this.#unwatch()
    this.#ignoreSignal()
    this.#parts.onStopped()
  }

  async #connect(): Promise<NodeId> {
    const { transport, network, address, peers } = this.#parts
    const { signal } = this.#stopping
    const connection = await transport.dial(network, address, { timeoutMs: this.#timeoutMs, signal })
    return await peers.adopt(connection, 'dialer', signal)
  }

  #keep(nodeId: NodeId): void {
    if (this.#stopping.signal.aborted) return
    this.#nodeId = nodeId
    const { clock, peers } = this.#parts
    const since = clock.now()
    this.#unwatch = peers.watch(nodeId, () => {
      if (clock.now() - since >= STABLE_AFTER_MS) this.#delayMs = FIRST_DELAY_MS
      this.#retryLater()
    })
  }

  #retryLater(): void {
    if (this.#stopping.signal.aborted) return
    const { clock, random } = this.#parts
    const delayMs = this.#delayMs * (0.5 + 0.5 * random())
    this.#delayMs = Math.min(2 * this.#delayMs, MAX_DELAY_MS)
    this.#timer = clock.setTimer(delayMs, () => this.#retry())
  }

  #retry(): void {
    const linked = this.#linked()
    if (linked !== undefined) {
      this.#keep(linked)
      return
    }
    this.#connect().then(
      (nodeId) => this.#keep(nodeId),
      () => this.#retryLater(),
    )
  }

  /** The node, when it is linked again without this join's doing. */
  #linked(): NodeId | undefined {
    const nodeId = this.#nodeId
    return nodeId === undefined || this.#parts.peers.linkTo(nodeId) === undefined ? undefined : nodeId
  }
}
