import { isIpv6, isSamePrefix, numbersOf, type AddressNumbers, type End } from './end.js'

/** Why an address is never dialed because a peer asked for it. */
export type AddressFault =
  /** Not `host:port` with an IP address, or port 0. */
  | 'malformed'
  /** The address of no host, 0.0.0.0/8 and ::. */
  | 'unspecified'
  | 'loopback'
  | 'link-local'
  | 'multicast'
  /** 255.255.255.255, and the broadcast address of a network that this machine is in. */
  | 'broadcast'
  /** Set aside by IANA for what is no host of the internet: 192.0.0.0/24, 240.0.0.0/4, ::/96, 64:ff9b::/96, ... */
  | 'reserved'
  /** The address of a router to which this node has a link. */
  | 'relay'
  /**
   * An address of a private network that this node is not in, as far as it knows, and that is not in the same block of
   * private addresses as one behind the same NAT.
   */
  | 'other network'

/** A network that this machine is in. */
export interface OwnNetwork {
  /** The machine's address there. */
  readonly host: string
  /** How many bits of the address name the network. */
  readonly prefixBits: number
}

/** What an address is compared with. */
export interface Surroundings {
  readonly networks: readonly OwnNetwork[]
  /** The addresses of the routers to which this node has links. */
  readonly relays: readonly End[]
  /**
   * Whether the peer says that the routers see it at the address at which they see this node: both are behind one NAT.
   * The peer's word is not proved, so it opens only blocks of private addresses that this machine is in itself.
   */
  readonly isSameSite: boolean
}

type Range = readonly [first: string, bits: number, fault: AddressFault]

const RANGES: readonly Range[] = [
  ['0.0.0.0', 8, 'unspecified'],
  ['127.0.0.0', 8, 'loopback'],
  ['169.254.0.0', 16, 'link-local'],
  ['192.0.0.0', 24, 'reserved'],
  ['224.0.0.0', 4, 'multicast'],
  ['255.255.255.255', 32, 'broadcast'],
  ['240.0.0.0', 4, 'reserved'],
  ['0:0:0:0:0:0:0:0', 128, 'unspecified'],
  ['0:0:0:0:0:0:0:1', 128, 'loopback'],
  // IPv4 in IPv6, in its former forms: what is at such an address depends on the system.
  ['0:0:0:0:0:0:0:0', 96, 'reserved'],
  ['64:ff9b:0:0:0:0:0:0', 96, 'reserved'],
  ['64:ff9b:1:0:0:0:0:0', 48, 'reserved'],
  ['2002:0:0:0:0:0:0:0', 16, 'reserved'],
  ['fe80:0:0:0:0:0:0:0', 10, 'link-local'],
  ['fec0:0:0:0:0:0:0:0', 10, 'reserved'],
  ['ff00:0:0:0:0:0:0:0', 8, 'multicast'],
]

/** Private networks (RFC 1918, RFC 4193) and the networks between a provider and its customers (RFC 6598). */
const PRIVATE: readonly (readonly [first: string, bits: number])[] = [
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['fc00:0:0:0:0:0:0:0', 7],
]

/** Whether the address is one of a private network. */
export function isPrivateHost(host: string): boolean {
  return privateBlock(host) !== undefined
}

/** Whether the address may be one of a host on the internet. */
export function isPublicHost(host: string): boolean {
  return rangeFault(numbersOf(host)) === undefined && !isPrivateHost(host)
}

/** Whether the address is one of the machine itself. */
export function isLoopbackHost(host: string): boolean {
  return rangeFault(numbersOf(host)) === 'loopback'
}

/** Whether the address is in one of the networks. */
export function isLocalHost(host: string, networks: readonly OwnNetwork[]): boolean {
  const numbers = numbersOf(host)
  return networks.some((network) => isIn(numbers, network))
}

/**
 * Why `end` is never dialed, if so. A peer that is a member can ask for connections, and so for traffic to places that
 * are not its own: what only this machine or its network can reach is left out.
 */
export function addressFault({ host, port }: End, around: Surroundings): AddressFault | undefined {
  if (port === 0) return 'malformed'
  const numbers = numbersOf(host)
  const fault = rangeFault(numbers)
  if (fault !== undefined) return fault
  if (around.relays.some((relay) => relay.host === host)) return 'relay'
  const shared = around.networks.filter((network) => isIn(numbers, network))
  if (!isIpv6(host) && shared.some((network) => isBroadcast(numbers, network))) return 'broadcast'
  const block = privateBlock(host)
  if (block === undefined || shared.length > 0) return undefined
  const isNear = around.isSameSite && around.networks.some((network) => privateBlock(network.host) === block)
  return isNear ? undefined : 'other network'
}

/** The block of private addresses that the host is in, if it is in one. */
function privateBlock(host: string): (typeof PRIVATE)[number] | undefined {
  const numbers = numbersOf(host)
  return PRIVATE.find(([first, bits]) => isSamePrefix(numbers, numbersOf(first), bits))
}

function rangeFault(numbers: AddressNumbers): AddressFault | undefined {
  return RANGES.find(([first, bits]) => isSamePrefix(numbers, numbersOf(first), bits))?.[2]
}

function isIn(numbers: AddressNumbers, { host, prefixBits }: OwnNetwork): boolean {
  return isSamePrefix(numbers, numbersOf(host), prefixBits)
}

function isBroadcast(numbers: AddressNumbers, { prefixBits }: OwnNetwork): boolean {
  // Networks of two addresses and of one have no broadcast address (RFC 3021).
  if (prefixBits > 30) return false
  return numbers.every((number, index) => {
    const hostBits = Math.min(8, Math.max(0, 8 * (index + 1) - prefixBits))
    const mask = (1 << hostBits) - 1
    return (number & mask) === mask
  })
}
