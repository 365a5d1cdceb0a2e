import { toError, type Clock, type NodeId } from '@astranet/interface'
import type { LinkCredentials } from '../link-credentials.js'
import type { LinkMaker } from '../link-maker.js'
import type { AdvertisedFault, AdvertisedTargets, Target } from './advertised-targets.js'
import { raceAddresses } from './address-race.js'
import { dialTarget } from './dial-target.js'
import { FailedAddresses } from './failed-addresses.js'
import type { LinkWay } from './link-way.js'

/** How long the connection to one address may take, in ms. */
const CONNECT_TIMEOUT_MS = 3_000

/** How many nodes are remembered with the address that led to them. */
const MAX_GOOD_ADDRESSES = 1_024

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
 * that failed is dialed once a minute at most. The one that led to the node most recently is tried first, then those in
 * this machine's networks.
 */
export class AddressWay implements LinkWay {
  readonly kind = 'direct'
  readonly #parts: AddressWayParts
  readonly #failed: FailedAddresses
  /** The address that led to a node most recently; the node that was reached most recently comes last. */
  readonly #good = new Map<NodeId, string>()
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
    await raceAddresses(this.#ordered(nodeId), {
      ...{ clock: this.#parts.clock, signal },
      attempt: (target, ending, onConnected) =>
        this.#connect({ expected, target, onConnected, signal: ending }),
    })
  }

  /** The address that led to the node most recently comes first. */
  #ordered(nodeId: NodeId): readonly Target[] {
    const targets = this.#parts.targets.of(nodeId)
    const good = this.#good.get(nodeId)
    const first = targets.find((target) => textOf(target) === good)
    return first === undefined ? targets : [first, ...targets.filter((target) => target !== first)]
  }

  async #connect(dial: AddressDial): Promise<void> {
    const { expected, target, signal } = dial
    const text = textOf(target)
    const before = this.#failed.errorOf(text)
    if (before !== undefined) {
      this.#counts.resting += 1
      throw before
    }
    this.#counts.dialed += 1
    try {
      await this.#link(dial)
      this.#failed.delete(text)
      this.#remember(expected.expectedNodeId, text)
    } catch (error) {
      if (!signal.aborted) {
        this.#counts.failed += 1
        this.#failed.add(text, toError(error))
      }
      throw error
    }
  }

  async #link({ expected, target, signal, onConnected }: AddressDial): Promise<void> {
    const { network } = target
    const connection = await dialTarget(target, { timeoutMs: CONNECT_TIMEOUT_MS, signal })
    onConnected()
    await this.#parts.maker.adopt(connection, 'dialer', { signal, network, ...expected })
  }

  #remember(nodeId: NodeId, text: string): void {
    this.#good.delete(nodeId)
    this.#good.set(nodeId, text)
    if (this.#good.size <= MAX_GOOD_ADDRESSES) return
    const [oldest] = this.#good.keys()
    if (oldest !== undefined) this.#good.delete(oldest)
  }
}

/** The node that is to answer, and what this one proves to it. */
interface Expected {
  readonly expectedNodeId: NodeId
  readonly credentials: LinkCredentials
}

/** One attempt at one address. */
interface AddressDial {
  readonly expected: Expected
  readonly target: Target
  readonly signal: AbortSignal
  readonly onConnected: () => void
}

function textOf({ network, address }: Target): string {
  return `${network}://${address}`
}
