import { setTimeout as sleep } from 'node:timers/promises'
import { formatNodeId, type NodeId } from '@astranet/core'
import type { NetworkAddress } from '../arguments/network-address.js'
import { codeOf, messageOf, usageFailure, type Failure } from '../failure.js'
import type { Logger } from '../log/logger.js'

/** The first wait after an attempt that failed, in ms; it is doubled each time. */
const FIRST_DELAY_MS = 250

/** The longest wait between two attempts, in ms. */
const MAX_DELAY_MS = 30_000

/** What joining needs of a node. */
export interface JoiningNode {
  join(network: string, address: string, options: { signal: AbortSignal }): Promise<NodeId>
}

/** A relay that this one joins. */
export interface JoinState {
  /** As it was given. */
  readonly address: string
  /** Its node id; `undefined` before the first success. */
  readonly nodeId: NodeId | undefined
  /** Why the last attempt failed; `undefined` after a success. */
  readonly lastError: string | undefined
}

interface Target {
  readonly at: NetworkAddress
  nodeId: NodeId | undefined
  lastError: string | undefined
}

/**
 * Joins other relays. One that is down when the program starts is tried again, after 0.25 s at first and every 30 s at
 * last; once it has been joined, the node itself keeps it joined.
 */
export class Joins {
  readonly #node: JoiningNode
  readonly #log: Logger
  readonly #targets: Target[]
  readonly #stopping = new AbortController()

  constructor(node: JoiningNode, addresses: readonly NetworkAddress[], log: Logger) {
    this.#node = node
    this.#log = log
    this.#targets = addresses.map((at) => ({ at, nodeId: undefined, lastError: undefined }))
  }

  /** The relays, in the order in which they were given. */
  get states(): readonly JoinState[] {
    return this.#targets.map(({ at, nodeId, lastError }) => ({ address: at.text, nodeId, lastError }))
  }

  /** Begins. `onFailure` is called once for an address that cannot be one. */
  start(onFailure: (failure: Failure) => void): void {
    for (const target of this.#targets) this.#join(target).catch(onFailure)
  }

  /** Makes no more attempts. Idempotent. */
  stop(): void {
    this.#stopping.abort()
  }

  async #join(target: Target): Promise<void> {
    const { signal } = this.#stopping
    const { network, address, text } = target.at
    for (let delayMs = FIRST_DELAY_MS; !signal.aborted; delayMs = Math.min(2 * delayMs, MAX_DELAY_MS)) {
      try {
        target.nodeId = await this.#node.join(network, address, { signal })
        target.lastError = undefined
        this.#log.info(
          { event: 'join', address: text, node: formatNodeId(target.nodeId) },
          `has joined ${text}`,
        )
        return
      } catch (error) {
        if (signal.aborted) return
        if (error instanceof TypeError || error instanceof RangeError)
          throw usageFailure(`--join ${text}: ${error.message}`, error)
        this.#failed(target, error)
      }
      // Many nodes that lost one relay must not all come back at the same moment.
      await sleep(delayMs * (0.5 + 0.5 * Math.random()), undefined, { signal }).catch(() => undefined)
    }
  }

  /** Logs each reason once, as long as it stays the same. */
  #failed(target: Target, error: unknown): void {
    const reason = messageOf(error)
    const isKnown = target.lastError === reason
    target.lastError = reason
    const fields = { event: 'join-failed', address: target.at.text, code: codeOf(error) }
    this.#log[isKnown ? 'debug' : 'warn'](fields, `cannot join ${target.at.text}, and tries again: ${reason}`)
  }
}
