import { lookup as dnsLookup } from 'node:dns'
import { isIP, type LookupFunction, type NetConnectOpts } from 'node:net'
import { AstraError } from '@astranet/interface'
import { familyOf, parseTcpAddress } from './address.js'
import type { Network } from './network.js'
import { socketOptions, type TcpOptions } from './options.js'
import { checkUnixPath, UNIX_NETWORK } from './unix-address.js'

/** The host of an address without one: this machine. */
const THIS_MACHINE = { tcp: 'localhost', tcp4: '127.0.0.1', tcp6: '::1' } as const

/**
 * How long one of several addresses may take, in ms. Node gives it up then and does not let it go on beside the next one,
 * so this must be more than a round trip to the other side of the earth and back by satellite.
 */
const ATTEMPT_TIMEOUT_MS = 1_000

/** Where a dial goes. */
export interface DialTarget {
  readonly connectOptions: NetConnectOpts
  /** The name or IP address that a certificate must be for. */
  readonly host: string
  /** The path of a Unix socket. */
  readonly path: string | undefined
}

/** Reads `address`. Throws a `TypeError` or `RangeError` that quotes it. */
export function dialTarget(network: Network, address: string, options: TcpOptions): DialTarget {
  if (network === UNIX_NETWORK) {
    const path = checkUnixPath(address)
    return { connectOptions: { path, allowHalfOpen: true }, host: 'localhost', path }
  }
  const { host: named, port } = parseTcpAddress(network, address)
  if (port === 0)
    throw new RangeError(`address ${JSON.stringify(address)}: a port to dial must be at least 1`)
  const host = named === '' ? THIS_MACHINE[network] : named
  const connectOptions = {
    ...socketOptions(options),
    host,
    port,
    // All addresses of a name are tried, IPv6 and IPv4 in turn where the network has both.
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: ATTEMPT_TIMEOUT_MS,
    lookup: lookupOf(familyOf(network), options.lookup ?? dnsLookup),
  }
  return { connectOptions, host, path: undefined }
}

/**
 * `lookup` for all addresses of one family: Node tries all of a name's only where it is not told a family, so it is not.
 * None at all is `ENOTFOUND`, which Node leaves to the lookup.
 */
function lookupOf(family: 0 | 4 | 6, lookup: LookupFunction): LookupFunction {
  return (name, options, callback) =>
    lookup(name, { ...options, family, all: true }, (error, found, foundFamily) => {
      if (error !== null) return callback(error, [])
      const all = typeof found === 'string' ? [{ address: found, family: foundFamily ?? isIP(found) }] : found
      const meant = all.filter((each) => family === 0 || each.family === family)
      if (meant.length > 0) callback(null, meant)
      else callback(new AstraError('ENOTFOUND', `There is no address of ${name} in this network.`), [])
    })
}
