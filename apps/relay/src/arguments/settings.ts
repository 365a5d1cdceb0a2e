import { originFault } from '@astranet/transport-ws'
import { usageFailure } from '../failure.js'
import type { LogFormat, LogLevel } from '../log/log-options.js'
import { readAdminAddress, type AdminAddress } from './admin-address.js'
import type { RawOptions } from './command.js'
import { checkAdvertised, checkListenAddress, readAddress, type NetworkAddress } from './network-address.js'
import { tlsPaths, type TlsPaths } from './tls-paths.js'

/** What the relay is to do, checked as far as that is possible without reading files. */
export interface Settings {
  /** At least one. */
  readonly listen: readonly NetworkAddress[]
  readonly join: readonly NetworkAddress[]
  /** Empty: where it listens. */
  readonly advertise: readonly NetworkAddress[]
  readonly secretFile: string | undefined
  readonly policyFile: string | undefined
  readonly identityFile: string | undefined
  readonly tls: TlsPaths
  readonly origins: readonly string[]
  readonly maxLinks: number
  readonly maxTunnels: number
  readonly maxNodeTunnels: number
  /** Bytes in a second; `undefined`: no limit. */
  readonly maxNodeRate: number | undefined
  /** `undefined`: there is no admin server. */
  readonly admin: AdminAddress | undefined
  readonly drainMs: number
  readonly logFormat: LogFormat
  readonly logLevel: LogLevel
}

/** The settings that the options make. Throws a usage `Failure` that names the option. */
export function settingsOf(options: RawOptions, isTerminal: boolean): Settings {
  const { secretFile, policy, identityFile, admin, adminPublic, logLevel } = options
  const { maxLinks, maxTunnels, maxNodeTunnels, maxNodeRate } = options
  if (options.listen.length === 0)
    throw usageFailure(
      '--listen is missing: say where nodes join, for example --listen tcp://127.0.0.1:10000',
    )
  const listen = options.listen.map((text) => readAddress('--listen', text))
  for (const each of listen) checkListenAddress('--listen', each)
  const join = options.join.map((text) => readAddress('--join', text))
  const advertise = options.advertise.map((text) => readAddress('--advertise', text))
  checkAdvertised('--advertise', advertise)
  checkOrigins(options.wsOrigin)
  checkExposure(listen, options)
  return {
    ...{ listen, join, advertise, secretFile, identityFile, logLevel },
    ...{ maxLinks, maxTunnels, maxNodeTunnels, maxNodeRate },
    policyFile: policy,
    tls: tlsPaths(options, listen),
    origins: options.wsOrigin,
    admin: admin === false || admin === 'off' ? undefined : readAdminAddress(admin, adminPublic),
    drainMs: options.drain * 1_000,
    logFormat: options.log ?? (isTerminal ? 'text' : 'json'),
  }
}

function checkOrigins(origins: readonly string[]): void {
  for (const origin of origins) {
    const fault = origin === '*' ? undefined : originFault(origin)
    if (fault !== undefined) throw usageFailure(`--ws-origin ${JSON.stringify(origin)} ${fault}`)
  }
}

/** Without a secret and a policy everybody who can connect is a member. */
function checkExposure(
  listen: readonly NetworkAddress[],
  { secretFile, policy, insecure }: RawOptions,
): void {
  const open = listen.find(({ isLocal }) => !isLocal)
  if (open === undefined || secretFile !== undefined || policy !== undefined || insecure) return
  throw usageFailure(
    `--listen ${open.text} can be reached from other machines, and without a secret everybody who reaches it is in ` +
      'the network. Make a secret (npx -p @astranet/core astranet-secret > network.secret) and give it with ' +
      '--secret-file network.secret, or rules with --policy, or listen on 127.0.0.1. --insecure listens all the same.',
  )
}
