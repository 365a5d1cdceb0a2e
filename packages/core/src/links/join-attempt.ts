import type { NodeId } from '@astranet/interface'
import { grantError } from './grant-refusal.js'
import { joinError, textOfTarget, type JoinFault, type JoinPlan, type JoinTarget } from './join-plan.js'
import type { LinkMaker } from './link-maker.js'
import { dialTarget } from './ways/dial-target.js'

/** What one attempt to join needs. */
export interface JoinAttemptParts {
  readonly maker: Pick<LinkMaker, 'adopt'>
  readonly plan: JoinPlan
  /** Where the node that was joined before can be reached since, tried after the plan's own targets. */
  readonly told: readonly JoinTarget[]
  /** That node. */
  readonly toldOf: NodeId | undefined
  /** How long one connection, or one look-up, may take, in ms; 0: as long as the system allows. */
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

/** Where an attempt has led. */
export interface Joined {
  readonly nodeId: NodeId
  /** The target of the plan, or the one that the network has told. */
  readonly target: JoinTarget
}

/**
 * One attempt to join: all targets of a plan in turn, and all addresses of each until one of them is a node that lets
 * this one in.
 */
export class JoinAttempt {
  readonly #parts: JoinAttemptParts
  readonly #faults: JoinFault[] = []

  constructor(parts: JoinAttemptParts) {
    this.#parts = parts
  }

  /** Rejects with the only error, with one that has the reason of each address, or with the signal's reason. */
  async run(): Promise<Joined> {
    const { plan, told, toldOf } = this.#parts
    for (const target of plan.targets) {
      for (const address of await this.#discover(target)) {
        const nodeId = await this.#connect({ ...target, address })
        if (nodeId !== undefined) return { nodeId, target }
      }
    }
    for (const target of told) {
      if (plan.targets.some((each) => textOfTarget(each) === textOfTarget(target))) continue
      const nodeId = await this.#connect(target, toldOf)
      if (nodeId !== undefined) return { nodeId, target }
    }
    throw joinError(this.#faults)
  }

  /** The addresses that a target stands for; none when that cannot be found out. */
  async #discover(target: JoinTarget): Promise<readonly string[]> {
    const { transport, network, address } = target
    const { signal, timeoutMs } = this.#parts
    try {
      return (await transport.discover?.(network, address, { signal, timeoutMs })) ?? [address]
    } catch (error) {
      this.#failed(target, error)
      return []
    }
  }

  /** The node at an address, or at another address of the same host when the one that was dialed is no good. */
  async #connect(target: JoinTarget, expectedNodeId?: NodeId): Promise<NodeId | undefined> {
    const first = await this.#dial(target, expectedNodeId)
    if (first.nodeId !== undefined || first.connectedTo === undefined) return first.nodeId
    for (const address of await this.#othersOf(target, first.connectedTo)) {
      const { nodeId } = await this.#dial({ ...target, address }, expectedNodeId)
      if (nodeId !== undefined) return nodeId
    }
    return undefined
  }

  async #dial(
    target: JoinTarget,
    expectedNodeId: NodeId | undefined,
  ): Promise<{ readonly nodeId?: NodeId; readonly connectedTo?: string }> {
    const { maker, plan, timeoutMs, signal } = this.#parts
    const { network } = target
    let connectedTo: string | undefined
    try {
      const connection = await dialTarget(target, { timeoutMs, signal })
      connectedTo = connection.remoteAddress
      const expected = expectedNodeId === undefined ? {} : { expectedNodeId }
      const { credentials } = plan
      const options = { signal, credentials, network, isJoined: true, ...expected }
      const nodeId = await maker.adopt(connection, 'dialer', options)
      return { nodeId }
    } catch (error) {
      this.#failed(target, error)
      return connectedTo === undefined ? {} : { connectedTo }
    }
  }

  async #othersOf({ transport, network, address }: JoinTarget, tried: string): Promise<readonly string[]> {
    const { signal, timeoutMs } = this.#parts
    try {
      const found = (await transport.addressesOf?.(network, address, { signal, timeoutMs })) ?? []
      return found.length > 1 ? found.filter((each) => each !== tried) : []
    } catch {
      // The host had an address a moment ago, and the error there is kept.
      signal.throwIfAborted()
      return []
    }
  }

  /** Keeps the error, and goes on; throws when the attempt is over. */
  #failed(target: JoinTarget, error: unknown): void {
    const { plan, signal } = this.#parts
    if (signal.aborted) throw signal.reason
    this.#faults.push({ target, error: plan.credentials?.grant === undefined ? error : grantError(error) })
  }
}
