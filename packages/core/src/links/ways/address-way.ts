import { toError, type Clock, type NodeId } from '@astranet/interface'
import type { LinkCredentials } from '../link-credentials.js'
import type { LinkMaker } from '../link-maker.js'
import type { AdvertisedFault, AdvertisedTargets, Target } from './advertised-targets.js'
import { FailedAddresses } from './failed-addresses.js'
import type { LinkWay } from './link-way.js'
import { tellingError } from './way-errors.js'

/** How many addresses of one node are dialed at the same time. */
const MAX_PARALLEL = 4

/** How long the connection to one address may take, in ms. */
const CONNECT_TIMEOUT_MS = 3_000

/** What dialing advertised addresses needs of the node. */
export interface AddressWayParts {
  readonly clock: Clock
  readonly targets: AdvertisedTargets
  readonly maker: LinkMaker
  /** What this node proves to a node that it has not joined itself; `undefined`: nothing now, so it dials nothing. */
  readonly credentialsFor: (nodeId: NodeId) => LinkCredentials | undefined
  /** Whether this node dials addresses of nodes that it was not told to join. */
  readonly isAllowed: () => boolean
}

/** What became of addresses that other nodes advertise, as plain data. */
export interface AddressInspection {
  /** How often one was dialed, and how often that made no link. */
  readonly dialed: number
  readonly failed: number
  /** How often one was not dialed because it, or too many others, had failed within the last minute. */
  readonly resting: number
  /** Addresses that are never dialed, by fault. */
  readonly leftOut: Readonly<Partial<Record<AdvertisedFault, number>>>
}

/**
 * Makes a link to an address that the node advertises. Its id is checked, so a false address leads nowhere; an address
 * that failed is dialed once a minute at most.
 */
export class AddressWay implements LinkWay {
  readonly kind = 'direct'
  readonly #parts: AddressWayParts
  readonly #failed: FailedAddresses
  readonly #counts = { dialed: 0, failed: 0, resting: 0 }

  constructor(parts: AddressWayParts) {
    this.#parts = parts
    this.#failed = new FailedAddresses(parts.clock)
  }

  canTry(nodeId: NodeId): boolean {
    return this.#parts.isAllowed() && this.#parts.targets.of(nodeId).length > 0
  }

  /** What the node advertises that may be dialed; another list when that has changed, unless it is empty. */
  targetsOf(nodeId: NodeId): readonly Target[] {
    return this.#parts.targets.of(nodeId)
  }

  inspect(): AddressInspection {
    return { ...this.#counts, leftOut: this.#parts.targets.leftOut }
  }

  async open(nodeId: NodeId, signal: AbortSignal): Promise<void> {
    const credentials = this.#parts.credentialsFor(nodeId)
    if (credentials === undefined) throw new Error('the link by which this node came in is lost')
    const expected = { expectedNodeId: nodeId, credentials }
    const waiting = [...this.#parts.targets.of(nodeId)]
    const errors: unknown[] = []
    const ending = new AbortController()
    const either = AbortSignal.any([signal, ending.signal])
    const work = async (): Promise<boolean> => {
      for (let target = waiting.shift(); target !== undefined; target = waiting.shift()) {
        try {
          await this.#connect(expected, target, either)
          ending.abort(new Error('another address was faster'))
          return true
        } catch (error) {
          errors.push(error)
          if (either.aborted) return false
        }
      }
      return false
    }
    const results = await Promise.all(Array.from({ length: MAX_PARALLEL }, work))
    if (!results.includes(true)) throw tellingError(errors)
  }

  async #connect(expected: Expected, target: Target, signal: AbortSignal): Promise<void> {
    const text = `${target.network}://${target.address}`
    const before = this.#failed.errorOf(text)
    if (before !== undefined) {
      this.#counts.resting += 1
      throw before
    }
    this.#counts.dialed += 1
    try {
      await this.#link(expected, target, signal)
      this.#failed.delete(text)
    } catch (error) {
      if (!signal.aborted) {
        this.#counts.failed += 1
        this.#failed.add(text, toError(error))
      }
      throw error
    }
  }

  async #link(expected: Expected, target: Target, signal: AbortSignal): Promise<void> {
    const { transport, network, address } = target
    const connection = await transport.dial(network, address, { timeoutMs: CONNECT_TIMEOUT_MS, signal })
    await this.#parts.maker.adopt(connection, 'dialer', { signal, network, ...expected })
  }
}

/** The node that is to answer, and what this one proves to it. */
interface Expected {
  readonly expectedNodeId: NodeId
  readonly credentials: LinkCredentials
}
