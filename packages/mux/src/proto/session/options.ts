import type { Clock } from '@astranet/interface'
import { DEFAULT_MAX_RECORD_SIZE_BYTES } from '@astranet/frame'
import {
  checkInteger,
  checkOptions,
  invalidType,
  type NumberRange,
  type OptionNames,
} from '@astranet/interface/check'
import { MemoryBudget } from '../receive/memory-budget.js'

/** Limits and timers of a session. Every one has a default that suits most programs. */
export interface SessionLimits {
  /**
   * C: the limit of unread bytes and of credit given for more, together, in bytes; from 65,536. Default 67,108,864
   * (64 MiB). Near it the peer gets less credit; above three quarters of it the longest unread streams are evicted
   * after `unreadGraceMs`. Raise it for more throughput over long distances; lower it where memory is scarce.
   */
  maxReceiveBufferBytes?: number
  /** A budget to share with other sessions. Default: a budget of this session alone, of `maxReceiveBufferBytes`. */
  memoryBudget?: MemoryBudget
  /**
   * Bytes written and not yet sent, on all streams, at which `write` returns false; from 65,536. Default 67,108,864.
   * Copies of writes that wait for the peer's credit take no more than this. At the limit such writes wait until they
   * are sent. Lower it where peers that read slowly, or not at all, must not take that much memory.
   */
  maxSendBufferBytes?: number
  /** Bytes written and not yet sent, on one stream, at which `write` returns false; from 1. Default 524,288. */
  sendHighWaterMarkBytes?: number
  /** Bidirectional streams the peer may have open at once; 0 to 2^48. Default 1,048,576. */
  maxConcurrentStreams?: number
  /** Unidirectional streams the peer may have open at once; 0 to 2^48. Default 1,048,576. */
  maxConcurrentUniStreams?: number
  /**
   * How often a QX_PING is sent, in ms, jittered down by 10 to 20 % by the client and by up to 10 % by the server; a
   * ping of the peer takes the place of the next one, so usually the client pings. 0: only to measure the round trip,
   * at the session's beginning and when its window grows. Default 5,000. Raise it where each byte costs, as on a
   * metered radio link; dead peers are then found later.
   */
  keepAliveIntervalMs?: number
  /**
   * How long a QX_PING may stay unanswered, while nothing arrives and a full connection takes nothing, before the peer
   * counts as dead (`ASTRA_ERR_PEER_DEAD`), in ms; 0: forever. Default 10,000. Raise it for peers that may be busy, or
   * links that may be interrupted, for longer. `Session.probe` shortens it once.
   */
  deadPeerTimeoutMs?: number
  /**
   * max_idle_timeout (RFC 9000 section 10.1), in ms: the session ends when no record was received or sent for the
   * smaller of both sides' values; 0: none. Default 0, because the keep-alive finds dead peers sooner.
   */
  idleTimeoutMs?: number
  /** How long one record may take to arrive, in ms; 0: forever. Default 120,000. */
  recordTimeoutMs?: number
  /**
   * How long the peer has to answer a close, in ms, before the connection is broken. A dead peer has no time.
   * Default 3,000.
   */
  closeTimeoutMs?: number
  /** How long a stream may stay unread while the receive buffer is above three quarters, in ms. Default 10,000. */
  unreadGraceMs?: number
  /**
   * Code of the STOP_SENDING and RESET_STREAM of a stream that is evicted because it is unread. The meaning of the
   * code is the application's. Default 0.
   */
  evictionCode?: number
  /** Code of the STOP_SENDING and RESET_STREAM of a stream whose handler threw. Default 0. */
  internalErrorCode?: number
  /** Code of the STOP_SENDING and RESET_STREAM of a stream that is refused while the session drains. Default 0. */
  refusalCode?: number
  /**
   * max_datagram_frame_size (RFC 9221): the largest DATAGRAM frame the peer may send, header included, in bytes; 0 to
   * `maxRecordSizeBytes`; 0: none at all. Default 0, or 65,535 for a session whose handler has `onDatagram`.
   */
  maxDatagramFrameSizeBytes?: number
  /**
   * max_record_size (draft-ietf-quic-qmux): the largest record the peer may send; 16,382 to 2^30 - 1. Default
   * 1,048,576.
   */
  maxRecordSizeBytes?: number
}

/** Every limit, resolved. */
export type ResolvedLimits = Required<SessionLimits>

/** What the core needs besides limits. */
export interface CoreEnvironment {
  readonly now: Clock['now']
  /** Numbers from 0 to 1, for jitter. */
  readonly random: () => number
}

const MEBIBYTE = 1024 * 1024
const MAX_TIMEOUT_MS = 0x7fffffff
const MAX_STREAMS = 2 ** 48
const TIMEOUT = { min: 0, max: MAX_TIMEOUT_MS }
const MEMORY = { min: 65_536, max: Number.MAX_SAFE_INTEGER }
const STREAMS = { min: 0, max: MAX_STREAMS }

/** The names of {@link SessionLimits}. */
export const LIMIT_NAMES: OptionNames<SessionLimits> = {
  maxReceiveBufferBytes: true,
  memoryBudget: true,
  maxSendBufferBytes: true,
  sendHighWaterMarkBytes: true,
  maxConcurrentStreams: true,
  maxConcurrentUniStreams: true,
  keepAliveIntervalMs: true,
  deadPeerTimeoutMs: true,
  idleTimeoutMs: true,
  recordTimeoutMs: true,
  closeTimeoutMs: true,
  unreadGraceMs: true,
  evictionCode: true,
  internalErrorCode: true,
  refusalCode: true,
  maxDatagramFrameSizeBytes: true,
  maxRecordSizeBytes: true,
}

/** Fills in defaults. Throws a TypeError or RangeError that names the option that is wrong or not known. */
export function resolveLimits(limits: SessionLimits): ResolvedLimits {
  checkOptions('options', limits, LIMIT_NAMES)
  const integer = (name: keyof SessionLimits, fallback: number, range: NumberRange): number =>
    checkInteger(`options.${name}`, limits[name] === undefined ? fallback : (limits[name] as number), range)
  const maxReceiveBufferBytes = integer('maxReceiveBufferBytes', 64 * MEBIBYTE, MEMORY)
  return {
    maxReceiveBufferBytes,
    memoryBudget: checkBudget(limits.memoryBudget ?? new MemoryBudget(maxReceiveBufferBytes)),
    maxSendBufferBytes: integer('maxSendBufferBytes', 64 * MEBIBYTE, MEMORY),
    sendHighWaterMarkBytes: integer('sendHighWaterMarkBytes', 512 * 1024, {
      min: 1,
      max: Number.MAX_SAFE_INTEGER,
    }),
    maxConcurrentStreams: integer('maxConcurrentStreams', MEBIBYTE, STREAMS),
    maxConcurrentUniStreams: integer('maxConcurrentUniStreams', MEBIBYTE, STREAMS),
    keepAliveIntervalMs: integer('keepAliveIntervalMs', 5_000, TIMEOUT),
    deadPeerTimeoutMs: integer('deadPeerTimeoutMs', 10_000, TIMEOUT),
    idleTimeoutMs: integer('idleTimeoutMs', 0, TIMEOUT),
    recordTimeoutMs: integer('recordTimeoutMs', 120_000, TIMEOUT),
    closeTimeoutMs: integer('closeTimeoutMs', 3_000, TIMEOUT),
    unreadGraceMs: integer('unreadGraceMs', 10_000, TIMEOUT),
    evictionCode: integer('evictionCode', 0, { min: 0, max: Number.MAX_SAFE_INTEGER }),
    internalErrorCode: integer('internalErrorCode', 0, { min: 0, max: Number.MAX_SAFE_INTEGER }),
    maxDatagramFrameSizeBytes: integer('maxDatagramFrameSizeBytes', 0, { min: 0, max: 2 ** 30 - 1 }),
    refusalCode: integer('refusalCode', 0, { min: 0, max: Number.MAX_SAFE_INTEGER }),
    maxRecordSizeBytes: integer('maxRecordSizeBytes', MEBIBYTE, {
      min: DEFAULT_MAX_RECORD_SIZE_BYTES,
      max: 2 ** 30 - 1,
    }),
  }
}

function checkBudget(budget: MemoryBudget): MemoryBudget {
  if (!(budget instanceof MemoryBudget))
    throw invalidType('options.memoryBudget', 'an instance of MemoryBudget', budget)
  return budget
}
