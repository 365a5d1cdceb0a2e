import { systemClock, type Clock } from '@astranet/interface'
import {
  checkFunction,
  checkObject,
  checkOneOf,
  checkOptions,
  invalidType,
  invalidValue,
  type OptionNames,
} from '@astranet/interface/check'
import {
  LIMIT_NAMES,
  resolveLimits,
  type ResolvedLimits,
  type SessionLimits,
} from '../../proto/session/options.js'
import type { Stream } from '../../proto/stream/stream.js'

/** What the user of a session is notified of. Every member is optional. */
export interface SessionHandler {
  /**
   * The peer opened a stream. Call `stream.handle` here or later; its bytes wait. Without this member streams wait for
   * `accept`, up to the backlog credit; then the peer has to wait.
   */
  onStream?(stream: Stream): void
  /** The peer allows more streams than before: `tryOpenStream` may succeed again. */
  onStreamsAvailable?(): void
  /**
   * A datagram arrived (RFC 9221). `payload` is the receiver's. Datagrams have no flow control: they may arrive fast.
   */
  onDatagram?(payload: Uint8Array): void
  /** Unread streams hold more than three quarters of the receive buffer. `unread`: the longest untouched first. */
  onUnreadPressure?(unread: Iterable<Stream>): void
  /**
   * The session is closing: nothing can be opened or sent any more, and its streams are notified next. `reason` is
   * `undefined` when it was closed without fault.
   */
  onClosing?(reason: Error | undefined): void
  /** All streams have ended and the connection is gone. Last, exactly once. */
  onClose?(reason: Error | undefined): void
}

/** The settings of a session. */
export interface SessionOptions extends SessionLimits {
  /** Which side this is (RFC 9000 section 2.1: it decides the stream ids). The sides must differ. */
  role: 'client' | 'server'
  handler?: SessionHandler
  /**
   * How records are placed on the pipe. `'bytes'`, the default: one after the other, each behind its Size, as in the
   * draft. `'messages'`: each record is one message of a pipe that preserves messages, without its Size, as
   * `@moq/qmux` does over WebSocket; such a pipe sends each chunk of a `writev` as one message and delivers each
   * message as one chunk.
   */
  binding?: 'bytes' | 'messages'
  /** Bytes that arrived on the pipe already, for example behind a preamble. */
  initialBytes?: Uint8Array
  /** Default: the system's. */
  clock?: Clock
  /** Numbers from 0 to 1, for the jitter of pings. Default `Math.random`. */
  random?: () => number
}

/** The settings of a new stream. */
export interface OpenStreamOptions {
  /** True for a stream that only this side sends on. Default false. */
  isUnidirectional?: boolean
  /** RFC 9218: 0 (first) to 7 (last). Default 3. */
  urgency?: number
  /** Cancels the wait for the peer's credit. */
  signal?: AbortSignal
}

/** Every option, checked and resolved. */
export interface ResolvedOptions {
  readonly role: 'client' | 'server'
  readonly handler: SessionHandler
  readonly binding: 'bytes' | 'messages'
  readonly initialBytes: Uint8Array | undefined
  readonly clock: Clock
  readonly random: () => number
  readonly limits: ResolvedLimits
}

const NAMES: OptionNames<SessionOptions> = {
  ...LIMIT_NAMES,
  role: true,
  handler: true,
  binding: true,
  initialBytes: true,
  clock: true,
  random: true,
}

/** The names of {@link OpenStreamOptions}. */
export const OPEN_STREAM_NAMES: OptionNames<OpenStreamOptions> = {
  isUnidirectional: true,
  urgency: true,
  signal: true,
}

/** Fills in defaults. Throws a TypeError or RangeError that names the option that is wrong or not known. */
export function resolveOptions(options: SessionOptions): ResolvedOptions {
  checkOptions('options', options, NAMES)
  const { role, handler = {}, binding = 'bytes', initialBytes, ...others } = options
  const { clock = systemClock, random = Math.random, ...givenLimits } = others
  checkOneOf('options.role', role, ['client', 'server'])
  checkObject('options.handler', handler)
  if (binding !== 'bytes' && binding !== 'messages') {
    throw invalidValue('options.binding', `must be one of: 'bytes', 'messages'`, binding)
  }
  if (initialBytes !== undefined && !(initialBytes instanceof Uint8Array)) {
    throw invalidType('options.initialBytes', 'an instance of Uint8Array', initialBytes)
  }
  if (typeof clock?.now !== 'function' || typeof clock.setTimer !== 'function') {
    throw invalidType('options.clock', 'a Clock', clock)
  }
  checkFunction('options.random', random)
  const limits = resolveLimits({ ...defaultDatagrams(handler), ...givenLimits })
  return { role, handler, binding, initialBytes, clock, random, limits }
}

/** A session whose handler takes datagrams declares that to the peer. */
function defaultDatagrams(handler: SessionHandler): SessionLimits {
  return handler.onDatagram === undefined ? {} : { maxDatagramFrameSizeBytes: 65_535 }
}
