import { ADDRCONFIG, lookup as dnsLookup } from 'node:dns'
import { isIP, type LookupFunction, type NetConnectOpts } from 'node:net'
import { AstraError } from '@astranet/interface'
import { outOfRange } from '@astranet/interface/check'
import { familyOf, parseTcpAddress } from './address.js'
import type { Network } from './network.js'
import { socketOptions, type TcpOptions } from './options.js'
import { checkUnixPath, UNIX_NETWORK } from './unix-address.js'

/** The host of an address without one: this machine. */
const THIS_MACHINE = { tcp: 'localhost', tcp4: '127.0.0.1', tcp6: '::1' } as const

/** Where a dial goes. */
export interface DialTarget {
  /** The addresses to try, best first; one or more. Rejects when the name has no address. */
  readonly candidates: () => Promise<readonly NetConnectOpts[]>
  /** The name or IP address that a certificate must be for. */
  readonly host: string
  /** The path of a Unix socket. */
  readonly path: string | undefined
}

/** Reads `address`. Throws a `TypeError` or `RangeError` that quotes it. */
export function dialTarget(
  network: Network,
  address: string,
  options: TcpOptions,
  mayConnect?: (host: string) => boolean,
): DialTarget {
  if (network === UNIX_NETWORK) {
    const path = checkUnixPath(address)
    return { candidates: async () => [{ path, allowHalfOpen: true }], host: 'localhost', path }
  }
  const { host: named, port } = parseTcpAddress(network, address)
  if (port === 0) throw outOfRange('Port', '>= 1 && <= 65535', address)
  const host = named === '' ? THIS_MACHINE[network] : named
  const candidates = async (): Promise<NetConnectOpts[]> => {
    const addresses = await addressesOf(host, familyOf(network), options.lookup ?? dnsLookup)
    return reachable(allowed(addresses, mayConnect), options).map((address) => ({
      ...{ ...socketOptions(options), host: address, port },
      ...localEnd(options, isIP(address) === 6 ? '::' : '0.0.0.0'),
    }))
  }
  return { candidates, host, path: undefined }
}

/** Those that the caller allows. Throws when there is none. */
function allowed(
  addresses: readonly string[],
  mayConnect: ((host: string) => boolean) | undefined,
): readonly string[] {
  const found = mayConnect === undefined ? addresses : addresses.filter((address) => mayConnect(address))
  if (found.length > 0) return found
  throw new AstraError('EACCES', `${addresses.join(' and ')} may not be connected to.`)
}

/** Those of the family of `localAddress`. Throws when there is none. */
function reachable(addresses: readonly string[], { localAddress }: TcpOptions): readonly string[] {
  if (localAddress === undefined) return addresses
  const family = isIP(localAddress)
  const found = addresses.filter((address) => isIP(address) === family)
  if (found.length > 0) return found
  const message = `${addresses.join(' and ')} cannot be dialed from ${localAddress}, which is IPv${family}.`
  throw new AstraError('EADDRNOTAVAIL', message)
}

/** What has the socket bound before it connects, if anything. */
function localEnd(
  { localAddress, localPort }: TcpOptions,
  anyAddress: string,
): { localAddress?: string; localPort?: number } {
  if (localPort === undefined) return localAddress === undefined ? {} : { localAddress }
  // Without an address Node binds nothing for port 0.
  return { localAddress: localAddress ?? anyAddress, localPort }
}

/** All addresses of a name of one family, or of both in turn. Throws `ENOTFOUND` when there is none. */
async function addressesOf(name: string, family: 0 | 4 | 6, lookup: LookupFunction): Promise<string[]> {
  if (isIP(name) !== 0) return [name]
  const found = await lookUp(name, family, lookup)
  const families = found.map((address) => isIP(address))
  const [first] = families
  const wanted = family === 0 ? [first, first === 4 ? 6 : 4] : [family]
  const [one = [], other = []] = wanted.map((each) => found.filter((_, index) => families[index] === each))
  const inTurn = Array.from({ length: Math.max(one.length, other.length) }, (_, at) => [one[at], other[at]])
  const addresses = inTurn.flat().filter((address) => address !== undefined)
  if (addresses.length > 0) return addresses
  throw new AstraError('ENOTFOUND', `There is no address of ${name} in this network.`)
}

function lookUp(name: string, family: 0 | 4 | 6, lookup: LookupFunction): Promise<string[]> {
  // Addresses of a family in which this machine has no address cannot be reached.
  const hints = family === 0 ? ADDRCONFIG : 0
  return new Promise((resolve, reject) => {
    lookup(name, { family, hints, all: true }, (error, found) => {
      if (error !== null) return reject(error)
      resolve(typeof found === 'string' ? [found] : found.map(({ address }) => address))
    })
  })
}
