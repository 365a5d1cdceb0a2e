import type { NetConnectOpts } from 'node:net'
import { familyOf, parseTcpAddress } from './address.js'
import type { Network } from './network.js'
import { socketOptions, type TcpOptions } from './options.js'
import { checkUnixPath, UNIX_NETWORK } from './unix-address.js'

/** The host of an address without one: this machine. */
const THIS_MACHINE = { tcp: 'localhost', tcp4: '127.0.0.1', tcp6: '::1' } as const

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
  const family = familyOf(network)
  const host = named === '' ? THIS_MACHINE[network] : named
  const connectOptions = {
    ...socketOptions(options),
    host,
    port,
    // Either family: both are tried in turn, a slow one not for long (RFC 8305).
    ...(family === 0 ? { autoSelectFamily: true } : { family, autoSelectFamily: false }),
    ...(options.lookup === undefined ? {} : { lookup: options.lookup }),
  }
  return { connectOptions, host, path: undefined }
}
