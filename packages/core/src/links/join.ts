import type { Clock, NodeId, Timer } from '@astranet/interface'
import type { CheckedJoinOptions } from '../api/join-options.js'
import { JoinAttempt, type Joined } from './join-attempt.js'
import { JoinHolders } from './join-holders.js'
import { inspectJoin, type JoinInspection, type JoinState } from './join-inspection.js'
import type { JoinPlan, JoinTarget } from './join-plan.js'
import type { JoinReports } from './join-reports.js'
import type { LinkMaker } from './link-maker.js'
import type { PreferredLinks } from './preferred-links.js'

const FIRST_DELAY_MS = 250
const MAX_DELAY_MS = 30_000

/** A link that lived this long was no failure: the delays then start at the shortest again. In ms. */
const STABLE_AFTER_MS = 10_000

/** @internal What a join needs of its node. */
export interface JoinParts {
  readonly maker: Pick<LinkMaker, 'adopt'>
  readonly preferred: PreferredLinks
  readonly clock: Clock
  readonly random: () => number
  readonly reports: JoinReports
  /** The node at one of the targets, if another join keeps a link to it now. */
  readonly joined: (plan: JoinPlan) => Joined | undefined
  /** Where a neighbour says that it can be joined. */
  readonly toldBy: (nodeId: NodeId) => readonly JoinTarget[]
  /** Resolves, never rejects, when the node's services are known, or `signal` aborts, or it took too long. */
  readonly current: (nodeId: NodeId, signal: AbortSignal) => Promise<void>
  /** There is a link, made by the join or otherwise. */
  readonly onJoined: () => void
  /** An attempt failed; the next one may follow. */
  readonly onFailed: (plan: JoinPlan, error: unknown) => void
  /** An attempt failed; the next one follows. */
  readonly onRetryFailed: (plan: JoinPlan) => void
  /** The join makes no more attempts. */
  readonly onStopped: (join: Join) => void
}

/**
 * A neighbour that is to stay linked. After the first success it is joined again whenever there is no link to it any
 * more, no matter which side made the lost link: after a quarter of a second at first, then with longer delays up to
 * 30 s, each shortened by up to a half at random, and with the shortest delay again after a link has lived for 10 s.
 * This goes on until it is stopped, or nobody wants it any more: each call that asks for the same join holds it until the
 * call's signal aborts.
 *
 * `connecting` -> `joined` | `waiting` (after a failure) | `stopped`; `joined` -> `waiting` (the last link is lost) |
 * `stopped`; `waiting` -> `connecting` | `joined` (the other side was faster) | `stopped`.
 */
export class Join {
  readonly plan: JoinPlan
  readonly #parts: JoinParts
  readonly #timeoutMs: number
  readonly #holders: JoinHolders
  #state: JoinState = 'connecting'
  #isBegun = false
  readonly #stopping: AbortController = new AbortController()
  #delayMs = FIRST_DELAY_MS
  #retryAt = 0
  #timer: Timer | undefined = undefined
  #unwatch: () => void = () => undefined
  #nodeId: NodeId | undefined = undefined
  #reached: JoinTarget | undefined = undefined
  /** Where the node there can be joined, as it has advertised. */
  #told: readonly JoinTarget[] = []
  #failures = 0
  #lastError: unknown = undefined

  /** `timeoutMs`: as in `JoinOptions`. It begins with the first `hold`. */
  constructor(parts: JoinParts, plan: JoinPlan, timeoutMs: number) {
    this.plan = plan
    this.#parts = parts
    this.#timeoutMs = timeoutMs
    this.#holders = new JoinHolders((reason) => this.stop(reason))
  }

  /** Whether one more call can hold it, instead of a join of its own. */
  canShare(plan: JoinPlan, timeoutMs: number): boolean {
    if (plan.key !== this.plan.key || timeoutMs !== this.#timeoutMs) return false
    // A node that goes away takes no new streams, so the call wants another link.
    return (
      this.#state !== 'joined' || this.#parts.preferred.linkTo(this.#nodeId as NodeId)?.isDialable === true
    )
  }

  /** The node there, when it was last joined. */
  get nodeId(): NodeId | undefined {
    return this.#nodeId
  }

  /** The target at which that node was. */
  get reached(): JoinTarget | undefined {
    return this.#reached
  }

  /**
   * One more call wants it: connects unless it does so already or there is a link, and resolves once the node's services
   * are known. Rejects when an attempt fails, unless the call keeps trying, and with the reason when the call's signal
   * aborts or the join is stopped.
   */
  async hold(options: CheckedJoinOptions): Promise<NodeId> {
    const { signal } = options
    const held = this.#holders.hold(options)
    if (this.#state === 'joined') this.#holders.joined(this.#nodeId as NodeId)
    else if (this.#state === 'waiting') this.#retryNow()
    else if (!this.#isBegun) this.#begin()
    const nodeId = await held
    const { signal: stopping } = this.#stopping
    await this.#parts.current(nodeId, signal === undefined ? stopping : AbortSignal.any([stopping, signal]))
    return nodeId
  }

  /** Makes no more attempts; a pending one fails with `reason`. Idempotent. */
  stop(reason: unknown): void {
    if (this.#stopping.signal.aborted) return
    this.#state = 'stopped'
    this.#stopping.abort(reason)
    this.#timer?.cancel()
    this.#unwatch()
    this.#parts.onStopped(this)
    this.#holders.end(reason)
  }

  /** Keeps the addresses that the neighbour advertises now: they cannot be read once it is lost. */
  learn(): void {
    if (this.#nodeId === undefined || this.#state !== 'joined') return
    const told = this.#parts.toldBy(this.#nodeId)
    if (told.length > 0) this.#told = told
  }

  /** How it stands, as plain data. */
  inspect(): JoinInspection {
    return inspectJoin({
      plan: this.plan,
      state: this.#state,
      nodeId: this.#nodeId,
      told: this.#told,
      failures: this.#failures,
      lastError: this.#lastError,
      retryInMs: this.#state === 'waiting' ? Math.max(0, this.#retryAt - this.#parts.clock.now()) : undefined,
    })
  }

  #begin(): void {
    this.#isBegun = true
    const shared = this.#parts.joined(this.plan)
    if (shared === undefined) return this.#try()
    this.#reached = shared.target
    this.#keep(shared.nodeId)
  }

  #try(): void {
    this.#state = 'connecting'
    this.#attempt().then(
      (joined) => this.#take(joined),
      (error: unknown) => this.#failed(error),
    )
  }

  async #attempt(): Promise<Joined> {
    return await new JoinAttempt({
      maker: this.#parts.maker,
      plan: this.plan,
      told: this.#told,
      toldOf: this.#nodeId,
      timeoutMs: this.#timeoutMs,
      signal: this.#stopping.signal,
    }).run()
  }

  #take({ nodeId, target }: Joined): void {
    if (this.#stopping.signal.aborted) return
    this.#reached = target
    this.#parts.reports.joined(this.plan, { nodeId, target, failures: this.#failures })
    this.#keep(nodeId)
  }

  /** Waits until there is no link to the node any more, then joins it again. */
  #keep(nodeId: NodeId): void {
    if (this.#stopping.signal.aborted) return
    if (this.#nodeId !== nodeId) this.#told = []
    this.#nodeId = nodeId
    this.#state = 'joined'
    this.#failures = 0
    this.#lastError = undefined
    const { clock, preferred, onJoined } = this.#parts
    onJoined()
    this.#holders.joined(nodeId)
    const since = clock.now()
    this.#unwatch = preferred.watch(nodeId, () => {
      if (clock.now() - since >= STABLE_AFTER_MS) this.#delayMs = FIRST_DELAY_MS
      this.#retryLater()
      this.#parts.reports.lost(this.plan, { nodeId, retryInMs: this.#retryAt - clock.now() })
    })
    this.learn()
  }

  #retryLater(): void {
    if (this.#stopping.signal.aborted) return
    const { clock, random } = this.#parts
    const delayMs = this.#delayMs * (0.5 + 0.5 * random())
    this.#delayMs = Math.min(2 * this.#delayMs, MAX_DELAY_MS)
    this.#state = 'waiting'
    this.#retryAt = clock.now() + delayMs
    this.#timer = clock.setTimer(delayMs, () => this.#retry(), { background: true })
  }

  #retry(): void {
    const linked = this.#linked()
    if (linked !== undefined) {
      this.#parts.reports.joined(this.plan, { nodeId: linked, target: undefined, failures: this.#failures })
      this.#keep(linked)
    } else this.#try()
  }

  #retryNow(): void {
    this.#timer?.cancel()
    this.#retry()
  }

  #failed(error: unknown): void {
    if (!this.#stopping.signal.aborted) this.#parts.onFailed(this.plan, error)
    // It may be the last call that gives up.
    this.#holders.failed(error)
    if (this.#stopping.signal.aborted) return
    this.#failures += 1
    this.#lastError = error
    this.#retryLater()
    const { reports, clock, onRetryFailed } = this.#parts
    const retryInMs = this.#retryAt - clock.now()
    reports.failed(this.plan, { nodeId: this.#nodeId, error, failures: this.#failures, retryInMs })
    onRetryFailed(this.plan)
  }

  /** The node, if it was linked again in another way meanwhile. */
  #linked(): NodeId | undefined {
    const nodeId = this.#nodeId
    return nodeId === undefined || this.#parts.preferred.linkTo(nodeId) === undefined ? undefined : nodeId
  }
}
