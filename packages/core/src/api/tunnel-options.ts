import { checkInteger, checkOptions, type OptionNames } from '@astranet/interface/check'
import { resolveTunnelLimits, type TunnelLimits } from '@astranet/relay'
import { withinOption } from './within-option.js'

/** See `AstraNetOptions.tunnels`. All but `idleMs` is for routers. */
export interface TunnelOptions extends TunnelLimits {
  /**
   * How long a link through routers may be without a stream, in whole ms, to 2^31 - 1; then the node that opened it ends
   * it. 0: it stays. Default 60,000.
   */
  readonly idleMs?: number
}

/** How long a link through routers may be without a stream, in ms, by default. */
export const DEFAULT_TUNNEL_IDLE_MS = 60_000

const TUNNEL_OPTIONS: OptionNames<TunnelOptions> = { idleMs: true, ...resolveTunnelLimits({}) }

/** @internal The options, resolved. */
export interface ResolvedTunnelOptions {
  readonly tunnelIdleMs: number
  /** Checked when the node is made. */
  readonly tunnelLimits: TunnelLimits
}

/** @internal Fills in defaults. Throws a TypeError or RangeError that names the option. */
export function resolveTunnelOptions(options: TunnelOptions = {}): ResolvedTunnelOptions {
  checkOptions('options.tunnels', options, TUNNEL_OPTIONS)
  const { idleMs = DEFAULT_TUNNEL_IDLE_MS, ...tunnelLimits } = options
  checkInteger('options.tunnels.idleMs', idleMs, { min: 0, max: 0x7fffffff })
  withinOption('options.tunnels', () => resolveTunnelLimits(tunnelLimits))
  return { tunnelIdleMs: idleMs, tunnelLimits }
}
