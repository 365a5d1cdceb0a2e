import type { Clock, NodeId, Transport } from '@astranet/interface'
import type { Catalogue } from '@astranet/registry'
import {
  addressFault,
  isLocalHost,
  isLoopbackHost,
  parseEnd,
  parseHost,
  type AddressFault,
  type End,
  type OwnNetwork,
} from '@astranet/relay'

/** How long the machine's networks and the links to routers count as they were seen, in ms. */
const SURROUNDINGS_MS = 1_000

/** `host:port`; over WebSocket a path may follow, but no query. */
const ADDRESS = /^(tcp[46]?|wss?):\/\/([^/?#]+)(\/[^?#]*)?$/

/**
 * A host name with a port; over WebSocket a path may follow. Its last label begins with a letter, so that it is no IP
 * address in another form.
 */
const NAMED =
  /^(tcp[46]?|wss?):\/\/(?=.{1,253}:)([a-z\d_]([a-z\d_-]{0,61}[a-z\d_])?\.)*[a-z]([a-z\d-]{0,61}[a-z\d])?\.?:[1-9]\d{0,4}(\/[^?#]*)?$/i

/** Why an advertised address is never dialed. */
export type AdvertisedFault = AddressFault | 'no IP address'

/** An advertised address that may be dialed. */
export interface Target {
  readonly transport: Transport
  readonly network: string
  readonly address: string
  /** Of a host name: whether an IP address that it stands for may be dialed. */
  readonly mayConnect?: (host: string) => boolean
}

/** What judging addresses needs of the node. */
export interface AdvertisedTargetsParts {
  readonly clock: Clock
  readonly catalogue: Pick<Catalogue, 'node'>
  /** The transport of a network, if the node has one. */
  readonly transportOf: (network: string) => Transport | undefined
  readonly hostNetworks: () => readonly OwnNetwork[]
  /** Whether this node has dialed a router on its own machine: then the other nodes of that machine are there too. */
  readonly hasLocalRouter: () => boolean
}

interface Surroundings {
  readonly networks: readonly OwnNetwork[]
  readonly isLocal: boolean
  /** Equal texts, equal surroundings. */
  readonly text: string
}

interface Judged {
  readonly around: Surroundings
  readonly targets: readonly Target[]
}

/**
 * The addresses that nodes advertise, without those that a node must not make others dial. A member signs what it
 * likes: an address may belong to somebody else, or to a service that only this machine or its network can reach. Host
 * names are dialed of routers only, because each one costs a look-up, and over transports that ask for each IP address
 * whether it may be connected to.
 */
export class AdvertisedTargets {
  readonly #parts: AdvertisedTargetsParts
  /** By the list in a node's record, which is a new one when it changes. */
  readonly #judged = new WeakMap<readonly string[], Judged>()
  readonly #leftOut: Partial<Record<AdvertisedFault, number>> = {}
  #around: Surroundings | undefined = undefined
  #lookedAt = 0

  constructor(parts: AdvertisedTargetsParts) {
    this.#parts = parts
  }

  /** Addresses that were left out, by fault: each once for a node's record and this node's surroundings. */
  get leftOut(): Readonly<Partial<Record<AdvertisedFault, number>>> {
    return { ...this.#leftOut }
  }

  /**
   * Those of a node that may be dialed: first those on this machine and in its networks, then the others, each in the
   * node's order. Asked for each instance that a dial can choose, so the answer is kept.
   */
  of(nodeId: NodeId): readonly Target[] {
    const { addresses = [], roles = [] } = this.#parts.catalogue.node(nodeId) ?? {}
    if (addresses.length === 0) return []
    const around = this.#surroundings()
    const known = this.#judged.get(addresses)
    if (known?.around === around) return known.targets
    const judged = addresses.flatMap((text) => this.#target(text, around, roles.includes('router')))
    const targets = [true, false].flatMap((near) => judged.filter(({ isNear }) => isNear === near))
    this.#judged.set(addresses, { around, targets })
    return targets
  }

  #target(text: string, around: Surroundings, isRouter: boolean): (Target & { readonly isNear: boolean })[] {
    const network = text.slice(0, Math.max(0, text.indexOf('://')))
    const transport = this.#parts.transportOf(network)
    if (transport === undefined) return []
    const address = text.slice(network.length + 3)
    if (isRouter && transport.asksMayConnect === true && isNamed(text)) {
      const mayConnect = (host: string): boolean => this.#mayConnect(host)
      return [{ transport, network, address, mayConnect, isNear: false }]
    }
    const fault = faultOf(text, around)
    if (fault === undefined) return [{ transport, network, address, isNear: isNear(address, around) }]
    this.#leftOut[fault] = (this.#leftOut[fault] ?? 0) + 1
    return []
  }

  /** Whether an IP address that a router's name stands for may be dialed; asked after the look-up. */
  #mayConnect(host: string): boolean {
    const parsed = parseHost(host)
    return parsed !== undefined && hostFault({ host: parsed, port: 1 }, this.#surroundings()) === undefined
  }

  #surroundings(): Surroundings {
    const { clock, hostNetworks, hasLocalRouter } = this.#parts
    const now = clock.now()
    if (this.#around !== undefined && now - this.#lookedAt < SURROUNDINGS_MS) return this.#around
    this.#lookedAt = now
    const [networks, isLocal] = [hostNetworks(), hasLocalRouter()]
    const text = [isLocal, ...networks.map(({ host, prefixBits }) => `${host}/${prefixBits}`)].join()
    if (this.#around?.text !== text) this.#around = { networks, isLocal, text }
    return this.#around
  }
}

/** Whether an address without a fault is on this machine, or in one of its networks. */
function isNear(address: string, { networks }: Surroundings): boolean {
  const end = parseEnd(address.replace(/\/.*/, ''))
  if (end === undefined) return false
  return isLoopbackHost(end.host) || isLocalHost(end.host, networks)
}

/** Whether it is a host name with a port that there is. */
function isNamed(text: string): boolean {
  return NAMED.test(text) && Number(/:(\d+)(\/.*)?$/.exec(text)?.[1]) <= 0xffff
}

function faultOf(text: string, around: Surroundings): AdvertisedFault | undefined {
  const [, network = '', host = '', path] = ADDRESS.exec(text) ?? []
  const end = path !== undefined && network.startsWith('tcp') ? undefined : parseEnd(host)
  return end === undefined ? 'no IP address' : hostFault(end, around)
}

function hostFault(end: End, { networks, isLocal }: Surroundings): AddressFault | undefined {
  // Routers are not left out: another node may well run on a router's machine.
  const fault = addressFault(end, { networks, relays: [], isSameSite: false })
  return fault === 'loopback' && isLocal ? undefined : fault
}
