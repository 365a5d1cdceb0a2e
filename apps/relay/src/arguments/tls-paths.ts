import { usageFailure } from '../failure.js'
import type { RawOptions } from './command.js'
import type { NetworkAddress } from './network-address.js'

/** The files of TLS. Certificate and key come together. */
export interface TlsPaths {
  readonly cert: string | undefined
  readonly key: string | undefined
  readonly ca: string | undefined
}

/** The files of TLS, if they go with each other and with the listeners. Throws a usage `Failure` that names the option. */
export function tlsPaths(
  { tlsCert: cert, tlsKey: key, tlsCa: ca }: RawOptions,
  listen: readonly NetworkAddress[],
): TlsPaths {
  if (cert !== undefined && key === undefined) throw usageFailure('--tls-cert needs --tls-key')
  if (key !== undefined && cert === undefined) throw usageFailure('--tls-key needs --tls-cert')
  const needing = listen.find(({ network }) => network === 'tls' || network === 'wss')
  if (needing !== undefined && cert === undefined)
    throw usageFailure(`--listen ${needing.text} needs a certificate: give --tls-cert and --tls-key`)
  return { cert, key, ca }
}
