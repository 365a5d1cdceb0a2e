import { onAbort, type Clock, type NodeId, type Timer } from '@astranet/interface'
import { checkOptions, checkSignal, checkTimeout } from '../api/check.js'
import type { JoinOptions } from '../api/join-options.js'
import { grantError } from './grant-refusal.js'
import { joinError, type JoinPlan, type JoinTarget } from './join-plan.js'
import type { LinkMaker } from './link-maker.js'
import type { PreferredLinks } from './preferred-links.js'

const DEFAULT_TIMEOUT_MS = 10_000
const FIRST_DELAY_MS = 250
const MAX_DELAY_MS = 30_000

/** A link that lived this long was no failure: the delays then start at the shortest again. In ms. */
const STABLE_AFTER_MS = 10_000

/** @internal What a join needs of its node. */
export interface JoinParts {
  readonly maker: LinkMaker
  readonly preferred: PreferredLinks
  readonly clock: Clock
  readonly random: () => number
  /** The node at one of the targets, if another join keeps a link to it now. */
  readonly joined: (plan: JoinPlan) => NodeId | undefined
  /** Resolves, never rejects, when the node's services are known, or `signal` aborts, or it took too long. */
  readonly current: (nodeId: NodeId, signal: AbortSignal) => Promise<void>
  /** It could not be joined again; the next attempt follows. */
  readonly onRetryFailed: (nodeId: NodeId, error: unknown) => void
  /** The join makes no more attempts. */
  readonly onStopped: (join: Join) => void
}

/**
 * A neighbour that is to stay linked. After the first success it is joined again whenever there is no link to it any
 * more, no matter which side made the lost link: after a quarter of a second at first, then with longer delays up to
 * 30 s, and with the shortest delay again after a link has lived for 10 s. This goes on until it is stopped or the
 * signal aborts.
 */
export class Join {
  readonly plan: JoinPlan
  readonly #parts: JoinParts
  readonly #timeoutMs: number
  readonly #signal: AbortSignal | undefined
  #ignoreSignal: () => void = () => undefined
  readonly #stopping: AbortController = new AbortController()
  #delayMs = FIRST_DELAY_MS
  #timer: Timer | undefined = undefined
  #unwatch: () => void = () => undefined
  #nodeId: NodeId | undefined = undefined
  #reached: JoinTarget | undefined = undefined

  /** Throws a TypeError or RangeError that names the option that is wrong. */
  constructor(parts: JoinParts, plan: JoinPlan, options: JoinOptions) {
    const { timeoutMs = DEFAULT_TIMEOUT_MS, signal } = checkOptions(options)
    this.plan = plan
    this.#parts = parts
    this.#timeoutMs = checkTimeout('timeoutMs', timeoutMs)
    this.#signal = checkSignal(signal)
  }

  /** The node there, when it was last joined. */
  get nodeId(): NodeId | undefined {
    return this.#nodeId
  }

  /** The target at which that node was. */
  get reached(): JoinTarget | undefined {
    return this.#reached
  }

  /** Connects for the first time; rejects when that fails, with the reason when it is stopped. */
  async start(): Promise<NodeId> {
    this.#signal?.throwIfAborted()
    this.#ignoreSignal = onAbort(this.#signal, () => this.stop(this.#signal?.reason))
    try {
      const nodeId = this.#parts.joined(this.plan) ?? (await this.#connect())
      this.#keep(nodeId)
      await this.#parts.current(nodeId, this.#stopping.signal)
      return nodeId
    } catch (error) {
      const reason: unknown = this.#stopping.signal.aborted ? this.#stopping.signal.reason : error
      this.stop(reason)
      throw reason
    }
  }

  /** Makes no more attempts; a pending one fails with `reason`. Idempotent. */
  stop(reason: unknown): void {
    if (this.#stopping.signal.aborted) return
    this.#stopping.abort(reason)
    this.#timer?.cancel()
    this.#unwatch()
    this.#ignoreSignal()
    this.#parts.onStopped(this)
  }

  /** Tries the targets in turn. */
  async #connect(): Promise<NodeId> {
    const { targets, credentials } = this.plan
    const errors: unknown[] = []
    for (const target of targets) {
      try {
        const nodeId = await this.#connectTo(target)
        this.#reached = target
        return nodeId
      } catch (error) {
        if (this.#stopping.signal.aborted) throw error
        errors.push(credentials?.grant === undefined ? error : grantError(error))
      }
    }
    throw joinError(this.plan, errors)
  }

  async #connectTo({ transport, network, address }: JoinTarget): Promise<NodeId> {
    const { signal } = this.#stopping
    const { credentials } = this.plan
    const connection = await transport.dial(network, address, { timeoutMs: this.#timeoutMs, signal })
    return await this.#parts.maker.adopt(connection, 'dialer', { signal, credentials, network })
  }

  /** Waits until there is no link to the node any more, then joins it again. */
  #keep(nodeId: NodeId): void {
    if (this.#stopping.signal.aborted) return
    this.#nodeId = nodeId
    const { clock, preferred } = this.#parts
    const since = clock.now()
    this.#unwatch = preferred.watch(nodeId, () => {
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
      (error: unknown) => this.#retryFailed(error),
    )
  }

  #retryFailed(error: unknown): void {
    if (this.#stopping.signal.aborted) return
    this.#parts.onRetryFailed(this.#nodeId as NodeId, error)
    this.#retryLater()
  }

  /** The node, if it was linked again in another way meanwhile. */
  #linked(): NodeId | undefined {
    const nodeId = this.#nodeId
    return nodeId === undefined || this.#parts.preferred.linkTo(nodeId) === undefined ? undefined : nodeId
  }
}
