import { promises } from 'node:dns'
import { isIP } from 'node:net'
import { onAbort, type DialOptions } from '@astranet/interface'
import { checkDialTimeout } from '@astranet/interface/transport-tools'
import { formatTcpAddress, parseTcpAddress, type TcpNetwork } from './address.js'
import { DialAttempt } from './dial-attempt.js'
import { dialTarget } from './dial-target.js'
import { UNIX_NETWORK } from './unix-address.js'
import type { Network } from './network.js'
import type { TcpOptions } from './options.js'
import { hostsOf } from './srv.js'

/** A domain name without a port. */
const DOMAIN = /^(?=.{1,254}$)([a-z\d_]([a-z\d_-]{0,61}[a-z\d_])?\.)+[a-z]([a-z\d-]{0,61}[a-z\d])?\.?$/i

/** The options of a call. */
interface LookUp {
  /** Those of the transport. */
  readonly options: TcpOptions
  readonly dialOptions: DialOptions | undefined
}

/** See `Transport.discover`. */
export async function discover(
  network: Network,
  address: string,
  { options, dialOptions = {} }: LookUp,
): Promise<readonly string[]> {
  if (network === UNIX_NETWORK || !DOMAIN.test(address)) return [address]
  const resolve = options.resolveSrv ?? promises.resolveSrv
  const work = (): Promise<string[]> => hostsOf(address, resolve, Math.random)
  return await limited(`${network} ${address}`, work, dialOptions)
}

/** See `Transport.addressesOf`. Over TLS a name stays one address, because the certificate is for the name. */
export async function addressesOf(
  network: Network,
  address: string,
  { options, dialOptions = {} }: LookUp,
): Promise<readonly string[]> {
  if (network === UNIX_NETWORK || options.tls !== undefined) return [address]
  const { host, port } = parseTcpAddress(network satisfies TcpNetwork, address)
  if (host === '' || isIP(host) !== 0) return [address]
  const { candidates } = dialTarget(network, address, options)
  const found = await limited(`${network} ${address}`, candidates, dialOptions)
  return found.map((each) => formatTcpAddress((each as { host: string }).host, port))
}

/** The result of `work`, unless the signal aborts or the time is over. */
async function limited<T>(
  target: string,
  work: () => Promise<T>,
  { signal, timeoutMs }: DialOptions,
): Promise<T> {
  const limitMs = checkDialTimeout(timeoutMs)
  signal?.throwIfAborted()
  const attempt = new DialAttempt()
  const timer = limitMs > 0 ? attempt.limit(limitMs, target) : undefined
  const ignoreSignal = onAbort(signal, () => attempt.fail(signal?.reason))
  try {
    return await attempt.step(work())
  } finally {
    clearTimeout(timer)
    ignoreSignal()
  }
}
