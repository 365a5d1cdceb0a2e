import { rng, type Rng, type SimLinkOptions } from '@astranet/testkit/sim'
import type { SessionLimits } from '../../src/proto/session/options.js'

/** How a run ends. */
export type Ending =
  /** Every stream is finished and checked, then one side or both close. */
  | 'finish'
  /** Every stream is finished while one side drains. */
  | 'drain'
  /** One side closes in the middle. */
  | 'close'
  /** Both sides close at once. */
  | 'close-both'
  /** The link is cut in the middle. */
  | 'cut'
  /** One side breaks its pipe. */
  | 'abort'
  /** The link falls silent for good. */
  | 'silence'

/** What one application does. */
export interface SidePlan {
  readonly limits: SessionLimits
  /** Things it does. */
  readonly actions: number
  /** Mean time between two of them, ms. */
  readonly paceMs: number
  /** Bytes it writes at most, in all. */
  readonly bytes: number
  readonly maxWriteBytes: number
  /** How often a reader is one that stops reading, 0 to 1. */
  readonly idleReaders: number
  /** How often a handler throws, 0 to 1. */
  readonly throws: number
}

/** Everything that a seed decides before the run begins. */
export interface Plan {
  readonly seed: number
  /** Sessions that run beside each other; their servers share a memory budget when there are several. */
  readonly pairs: number
  readonly sharedBudgetBytes: number | undefined
  readonly link: SimLinkOptions
  /** Where the ending 'cut' cuts the client's direction. */
  readonly cutAfterBytes: number
  readonly client: SidePlan
  readonly server: SidePlan
  readonly ending: Ending
  /** When the ending begins, ms, unless the applications are done before. */
  readonly endsAtMs: number
  /** How long the link is stalled once, and whether its ends are told (suspended); 0: never. */
  readonly stallMs: number
  readonly isSuspension: boolean
}

const KIB = 1024
const MIB = 1024 * KIB

/** The plan of a seed. */
export function planOf(seed: number): Plan {
  const random = rng(seed)
  const pairs = random.chance(0.15) ? random.integer(2, 4) : 1
  const maxPieceBytes = random.pick([1, 7, 100, 1_460, 16 * KIB, 64 * KIB, undefined, undefined])
  const bytes = Math.floor(amount(random, maxPieceBytes) / pairs)
  const side = (): SidePlan => sidePlan(random, bytes)
  const ending = random.pick<Ending>([
    ...(['finish', 'finish', 'finish', 'finish', 'drain', 'drain'] as const),
    ...(['close', 'close', 'close-both', 'cut', 'abort', 'silence'] as const),
  ])
  return {
    seed,
    pairs,
    ending,
    sharedBudgetBytes: pairs > 1 ? random.pick([64 * KIB, 256 * KIB, 4 * MIB]) : undefined,
    link: linkOptions(random, maxPieceBytes, bytes),
    cutAfterBytes: random.integer(0, random.pick([200, 5_000, 100_000])),
    client: side(),
    server: side(),
    endsAtMs: random.pick([1, 10, 100, 1_000, 10_000]),
    stallMs: ending !== 'silence' && random.chance(0.3) ? random.pick([10, 1_000, 7_500, 100_000]) : 0,
    isSuspension: random.chance(0.5),
  }
}

/** Small pieces are many events, so they go with few bytes. */
function amount(random: Rng, maxPieceBytes: number | undefined): number {
  if (maxPieceBytes !== undefined && maxPieceBytes < 100) return 4 * KIB
  return random.pick([20 * KIB, 200 * KIB, 200 * KIB, 3 * MIB])
}

function sidePlan(random: Rng, bytes: number): SidePlan {
  return {
    limits: limitsOf(random),
    actions: random.pick([0, 5, 30, 100, 300]),
    paceMs: random.pick([0, 0.1, 1, 10, 100]),
    bytes,
    maxWriteBytes: random.pick([10, 1_000, 20 * KIB, Math.min(bytes, 500 * KIB)]),
    idleReaders: random.pick([0, 0, 0.2, 0.9]),
    throws: random.pick([0, 0, 0, 0.02]),
  }
}

function limitsOf(random: Rng): SessionLimits {
  const streams = [1, 3, 20, 10_000, MIB] as const
  return {
    maxReceiveBufferBytes: random.pick([64 * KIB, 100_001, MIB, 8 * MIB, 64 * MIB]),
    maxSendBufferBytes: random.pick([64 * KIB, 64 * MIB]),
    sendHighWaterMarkBytes: random.pick([1, 1_000, 64 * KIB, 256 * KIB]),
    maxConcurrentStreams: random.pick(streams),
    maxConcurrentUniStreams: random.pick([0, ...streams]),
    keepAliveIntervalMs: random.pick([0, 700, 5_000]),
    deadPeerTimeoutMs: random.pick([0, 10_000]),
    idleTimeoutMs: random.pick([0, 0, 0, 3_000]),
    unreadGraceMs: random.pick([50, 2_000, 10_000]),
    evictionCode: random.integer(100, 109),
    refusalCode: random.integer(110, 119),
    maxDatagramFrameSizeBytes: random.pick([0, 100, 65_535]),
    maxRecordSizeBytes: random.pick([16_382, MIB]),
  }
}

function linkOptions(random: Rng, maxPieceBytes: number | undefined, bytes: number): SimLinkOptions {
  return {
    delayMs: random.pick([0, 0, 1, 30, 300]),
    jitterMs: random.pick([0, 0, 5]),
    bytesPerSecond: random.pick([Infinity, Infinity, 10_000, Math.max(bytes, 50_000), 10_000_000]),
    bufferBytes: random.pick([1, 1_000, 64 * KIB, MIB]),
    ...(maxPieceBytes === undefined ? {} : { maxPieceBytes }),
    halfClose: random.chance(0.8),
  }
}
