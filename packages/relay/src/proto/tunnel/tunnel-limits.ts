import { checkInteger, checkOptions, type OptionNames } from '@astranet/interface/check'

/** What a router takes on for others. */
export interface TunnelLimits {
  /**
   * Tunnels that one node may have through this router, 1 to 1,048,576. One more is refused with `EDQUOT`. Default 1,024.
   * A node that comes through another router counts apart for each such router.
   */
  readonly maxTunnelsPerNode?: number
  /**
   * Tunnels of all nodes together, 1 to 1,048,576. One more is refused with `EDQUOT`. Default 16,384. A quarter of them,
   * or `maxTunnelsPerNode` if that is more, may come through one other router.
   */
  readonly maxTunnels?: number
  /**
   * Bytes that one tunnel may have in this router in each direction, 16,384 to 2^30; its sender waits when they are
   * there. Raise it for fast links over long distances: at 100 ms to the next hop 4 MiB are 40 MB/s. Default 4,194,304.
   */
  readonly maxTunnelBytes?: number
  /**
   * The same for all tunnels together, 1,048,576 to 2^40. Each neighbour that has opened tunnels gets the same part, and
   * each of its tunnels the same part of that, down to 16,384 for a direction. Default 134,217,728.
   */
  readonly maxTotalTunnelBytes?: number
  /**
   * Bytes that one node may send in a second over all its tunnels, 16,384 to 2^40; it gets credit no faster, and nothing
   * is dropped. A tunnel takes 16,384 of them when it is opened; a node that owes a second's bytes gets `EDQUOT` for one
   * more. Default: no limit.
   */
  readonly bytesPerSecondPerNode?: number
  /** How long the next hop has to answer, in ms, 1 to 2^31 - 1. Then the tunnel is refused. Default 8,000. */
  readonly answerTimeoutMs?: number
}

/** Every limit. `bytesPerSecondPerNode` is `Infinity` where there is none. */
export type ResolvedTunnelLimits = Required<TunnelLimits>

const NAMES: OptionNames<TunnelLimits> = {
  maxTunnelsPerNode: true,
  maxTunnels: true,
  maxTunnelBytes: true,
  maxTotalTunnelBytes: true,
  bytesPerSecondPerNode: true,
  answerTimeoutMs: true,
}

const COUNT = { min: 1, max: 1_048_576 }

/** A tunnel of a node whose rate is limited holds at most this part of a second's bytes: one sixteenth. */
const PACED_PART = 16

/** What a stream's window begins with: a tunnel never has less in a direction. */
export const MIN_TUNNEL_BYTES = 16_384

/**
 * How many tunnels of other nodes one router may pass on to this one: a quarter of all, and as many as one node may have
 * if that is more. The nodes behind it are only its word.
 */
export function maxTunnelsPerRouter({ maxTunnels, maxTunnelsPerNode }: ResolvedTunnelLimits): number {
  return Math.max(Math.ceil(maxTunnels / 4), maxTunnelsPerNode)
}

/** Fills in defaults. Throws a TypeError or RangeError that names the limit. */
export function resolveTunnelLimits(limits: TunnelLimits = {}): ResolvedTunnelLimits {
  checkOptions('limits', limits, NAMES)
  const { maxTunnelsPerNode = 1_024, maxTunnels = 16_384, bytesPerSecondPerNode } = limits
  const { maxTunnelBytes = 4_194_304, maxTotalTunnelBytes = 134_217_728, answerTimeoutMs = 8_000 } = limits
  return {
    maxTunnelsPerNode: checkInteger('limits.maxTunnelsPerNode', maxTunnelsPerNode, COUNT),
    maxTunnels: checkInteger('limits.maxTunnels', maxTunnels, COUNT),
    maxTunnelBytes: checkInteger('limits.maxTunnelBytes', maxTunnelBytes, {
      min: MIN_TUNNEL_BYTES,
      max: 2 ** 30,
    }),
    maxTotalTunnelBytes: checkInteger('limits.maxTotalTunnelBytes', maxTotalTunnelBytes, {
      min: 1_048_576,
      max: 2 ** 40,
    }),
    bytesPerSecondPerNode:
      bytesPerSecondPerNode === undefined
        ? Infinity
        : checkInteger('limits.bytesPerSecondPerNode', bytesPerSecondPerNode, { min: 16_384, max: 2 ** 40 }),
    answerTimeoutMs: checkInteger('limits.answerTimeoutMs', answerTimeoutMs, { min: 1, max: 0x7fffffff }),
  }
}

/** How many share the bytes of tunnels. */
export interface SharerCounts {
  /** Neighbours that have opened tunnels. */
  readonly neighbours: number
  /** Tunnels of the neighbour that is asked about. */
  readonly tunnels: number
}

/** What one tunnel of a neighbour may have in a direction now, in bytes. */
export function tunnelShare(limits: ResolvedTunnelLimits, { neighbours, tunnels }: SharerCounts): number {
  const { maxTunnelBytes, maxTotalTunnelBytes, bytesPerSecondPerNode } = limits
  const share = Math.floor(maxTotalTunnelBytes / (2 * Math.max(1, neighbours) * Math.max(1, tunnels)))
  // With more, a node that has to be slow would send for a moment, and then wait for seconds.
  const paced = Math.floor(bytesPerSecondPerNode / PACED_PART)
  return Math.max(MIN_TUNNEL_BYTES, Math.min(maxTunnelBytes, share, paced))
}
