import { extraOf } from '../stream/extra.js'
import type { StreamRecord } from '../stream/host.js'
import { SIZE_KNOWN, StreamState } from '../stream/state.js'
import { FIRST_STREAM_WINDOW_BYTES } from './session-window.js'
import { WindowTrial } from './window-trial.js'
import { WindowTuning, creditStep } from './window-tuning.js'

/**
 * A stream's window in bandwidth-delay products: more than the session's, so that the session's window bounds what is
 * in flight on all streams together, and the sender chooses each stream's share of it.
 */
const STREAM_PRODUCTS = 4

/** The window of `widen`: what the peer may write before the application reads, in bytes. */
const WIDE_WINDOW_BYTES = 262_144

/**
 * Up to this size, in bytes, the window of a carrier also grows while its bytes wait: its user may take them in turns,
 * and a smaller window would not fill a turn.
 */
const BUSY_CARRIER_BYTES = 524_288

/** The stream's share of the session's growth pool, in bytes: its credit beyond the first window. */
export function poolShare(stream: StreamRecord): number {
  const beyond = stream.receiveLimit - stream.consumed - FIRST_STREAM_WINDOW_BYTES
  return beyond > 0 ? beyond : 0
}

/**
 * Gives the peer new credit on the stream once half of its first window, later a quarter of its window (at most 1
 * MiB), was used: MAX_STREAM_DATA = consumed + window (RFC 9000 section 4.1). The window grows while it is what
 * limits the peer: with the rate and the shortest round trip, and by trials where the bytes of others wait on the path.
 *
 * The window of a carrier grows when it is renewed, unless bytes wait here. Its bytes leave over another connection, so
 * the round trip of this one says nothing about the window that is needed.
 *
 * A stream that still has its first window is renewed behind the next flush: a peer that sends little at a time does
 * not wait for credit, but for the answer that is about to be written.
 */
export function renewWindow(stream: StreamRecord): void {
  if (!isRenewalDue(stream)) return
  if (windowOf(stream) > FIRST_STREAM_WINDOW_BYTES) {
    renewNow(stream)
  } else if ((stream.state & StreamState.RENEWAL_LISTED) === 0) {
    stream.state |= StreamState.RENEWAL_LISTED
    stream.host.renewLater(stream)
  }
}

/** Renews a window whose renewal was deferred. */
export function renewSmallWindow(stream: StreamRecord): void {
  stream.state &= ~StreamState.RENEWAL_LISTED
  if ((stream.state & SIZE_KNOWN) === 0 && isRenewalDue(stream)) renewNow(stream)
}

function isRenewalDue(stream: StreamRecord): boolean {
  if ((stream.state & StreamState.DISCARDING) !== 0) return false
  const window = windowOf(stream)
  // Most streams never need more than their first window: for them a frame is due late.
  const step = window > FIRST_STREAM_WINDOW_BYTES ? creditStep(window) : window / 2
  return stream.receiveLimit - stream.consumed <= window - step
}

function windowOf(stream: StreamRecord): number {
  return stream.extra?.tuning?.windowBytes ?? FIRST_STREAM_WINDOW_BYTES
}

function renewNow(stream: StreamRecord): void {
  const { host } = stream
  const extra = extraOf(stream)
  const { receiveWindow, now } = host
  const share = poolShare(stream)
  if (extra.tuning === undefined) {
    extra.tuning = new WindowTuning(FIRST_STREAM_WINDOW_BYTES, now, STREAM_PRODUCTS)
  } else {
    extra.readerEpoch = receiveWindow.markReader(extra.readerEpoch, now)
    const maxBytes = Math.min(receiveWindow.maxStreamWindow(share, now), extra.maxWindowBytes)
    extra.tuning.renew(stream.consumed - extra.consumedAtRenewal, now, host.liveness.minRttMs, maxBytes)
    if ((stream.state & StreamState.CARRIER) !== 0) growCarrier(stream, extra.tuning, maxBytes)
    else if (extra.trial !== undefined) tryLargerWindow(stream, extra.tuning, extra.trial, maxBytes)
  }
  extra.consumedAtRenewal = stream.consumed
  raiseTo(stream, stream.consumed + extra.tuning.windowBytes, share)
}

/** While bytes wait here, the window is not what limits the peer: then a large one does not grow. */
function growCarrier(stream: StreamRecord, tuning: WindowTuning, maxBytes: number): void {
  if (tuning.windowBytes < BUSY_CARRIER_BYTES || stream.receiveQueue === undefined) tuning.grow(maxBytes)
}

function tryLargerWindow(
  stream: StreamRecord,
  tuning: WindowTuning,
  trial: WindowTrial,
  maxStreamBytes: number,
): void {
  const { now, receiveWindow } = stream.host
  const { consumed, receiveLimit: limit } = stream
  const maxBytes = Math.min(maxStreamBytes, receiveWindow.maxTriedWindow(now))
  const { windowBytes } = tuning
  // The reader has not taken all: a larger window would only hold more.
  if (stream.unreadBytes > 0) trial.isBlocked = false
  tuning.windowBytes = trial.windowAt({ consumed, limit, now, windowBytes, maxBytes })
}

/** The peer has data and no more credit on the stream (RFC 9000 section 19.13): larger windows are tried. */
export function windowUsedUp(stream: StreamRecord): void {
  if (stream.extra?.tuning === undefined) return
  stream.extra.trial ??= new WindowTrial()
  stream.extra.trial.isBlocked = true
}

/** See `Stream.widen`. */
export function widen(stream: StreamRecord): void {
  const { receiveWindow, now } = stream.host
  if (windowOf(stream) >= WIDE_WINDOW_BYTES) return
  if ((stream.state & (SIZE_KNOWN | StreamState.DISCARDING)) !== 0) return
  const share = poolShare(stream)
  const room = receiveWindow.poolBytes / 2 - receiveWindow.growthBytes + share
  if (room < WIDE_WINDOW_BYTES) return
  const extra = extraOf(stream)
  extra.tuning ??= new WindowTuning(FIRST_STREAM_WINDOW_BYTES, now, STREAM_PRODUCTS)
  extra.tuning.windowBytes = WIDE_WINDOW_BYTES
  extra.tuning.minBytes = WIDE_WINDOW_BYTES
  extra.consumedAtRenewal = stream.consumed
  raiseTo(stream, stream.consumed + WIDE_WINDOW_BYTES, share)
}

/**
 * Raises the window so that at least `bytes` may be unread: at once as far as the growth pool has room, and fully
 * when it has room again.
 */
export function raiseWindow(stream: StreamRecord, bytes: number): void {
  const { receiveWindow, windowRequests } = stream.host
  const share = poolShare(stream)
  receiveWindow.requireAtLeast(bytes)
  const room = receiveWindow.poolBytes - receiveWindow.growthBytes + share
  raiseTo(stream, stream.consumed + Math.min(bytes, room + FIRST_STREAM_WINDOW_BYTES), share)
  if (stream.receiveLimit - stream.consumed < bytes) windowRequests.set(stream, bytes)
  else windowRequests.delete(stream)
}

/** Serves the windows that were required when the growth pool had no room for them. */
export function serveWindowRequests(windowRequests: Map<StreamRecord, number>): void {
  for (const [stream, bytes] of windowRequests) {
    if ((stream.state & (SIZE_KNOWN | StreamState.DISCARDING)) === 0) raiseWindow(stream, bytes)
    else windowRequests.delete(stream)
  }
}

/** `shareBefore` is the stream's share of the growth pool before its limit is raised. */
function raiseTo(stream: StreamRecord, limit: number, shareBefore: number): void {
  if (limit <= stream.receiveLimit) return
  stream.receiveLimit = limit
  stream.host.receiveWindow.growthBytes += poolShare(stream) - shareBefore
  stream.state |= StreamState.CREDIT_QUEUED
  stream.host.queueControl(stream)
}
