import { isLoopback } from '@astranet/interface/transport-tools'
import { usageFailure } from '../failure.js'

/** Where the admin server listens. */
export interface AdminAddress {
  /** An IP address or a host name, without brackets. */
  readonly host: string
  readonly port: number
  readonly isLoopback: boolean
}

/** Reads `host:port`. Throws a usage `Failure`, also for an address beyond this machine that is not asked for. */
export function readAdminAddress(text: string, isPublic: boolean): AdminAddress {
  const [, bracketed, name, digits] = /^(?:\[([^\]]+)\]|([^:[\]/\s]+)):(\d{1,5})$/.exec(text) ?? []
  const host = bracketed ?? name
  const port = Number(digits)
  if (host === undefined || port > 0xffff)
    throw usageFailure(`--admin ${JSON.stringify(text)} must be HOST:PORT, for example 127.0.0.1:9090`)
  const isLocal = isLoopback(host)
  if (!isLocal && !isPublic)
    throw usageFailure(
      `--admin ${text} can be reached from other machines, and shows who is in the network to everybody who asks. ` +
        'Use a loopback address such as 127.0.0.1:9090, or say --admin-public if a firewall protects the port.',
    )
  return { host, port, isLoopback: isLocal }
}
