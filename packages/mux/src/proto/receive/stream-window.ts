import { FIRST_STREAM_WINDOW_BYTES } from './session-window.js'
import { SIZE_KNOWN, StreamState } from '../stream/state.js'
import { extraOf } from '../stream/extra.js'
import type { Stream } from '../stream/stream.js'
import { WindowTuning, creditStep } from './window-tuning.js'

/**
 * A stream's window in bandwidth-delay products: more than the session's, so that together it is the session's that says
 * how much is under way, and each stream's share is the sender's to give.
 */
const STREAM_PRODUCTS = 4

/** What the peer may write to a socket that nobody reads, in bytes. */
const WIDE_WINDOW_BYTES = 262_144

/** What a stream holds of the session's growth pool: credit beyond the first window. */
export function growthOf(stream: Stream): number {
  const beyond = stream.receiveLimit - stream.consumed - FIRST_STREAM_WINDOW_BYTES
  return beyond > 0 ? beyond : 0
}

/**
 * Gives the peer new credit on the stream once half of its first window, later a quarter of its window (at most 1 MiB), was
 * used: MAX_STREAM_DATA = consumed + window (RFC 9000 section 4.1). The window grows while it is what holds the peer back.
 *
 * A stream that still has its first window is renewed behind the next flush: who sends little at a time does not wait for
 * credit, but for the answer that is about to be written.
 */
export function renewWindow(stream: Stream): void {
  if (!isRenewalDue(stream)) return
  if (windowOf(stream) > FIRST_STREAM_WINDOW_BYTES) {
    grow(stream)
  } else if ((stream.state & StreamState.RENEWAL_LISTED) === 0) {
    stream.state |= StreamState.RENEWAL_LISTED
    stream.core.renewals.push(stream)
    stream.core.wakeLater()
  }
}

/** Renews a window that was put off. */
export function renewSmallWindow(stream: Stream): void {
  stream.state &= ~StreamState.RENEWAL_LISTED
  if ((stream.state & SIZE_KNOWN) === 0 && isRenewalDue(stream)) grow(stream)
}

function isRenewalDue(stream: Stream): boolean {
  if ((stream.state & StreamState.DISCARDING) !== 0) return false
  const window = windowOf(stream)
  // Most streams never need more than their first window: for them a frame is due late.
  const step = window > FIRST_STREAM_WINDOW_BYTES ? creditStep(window) : window / 2
  return stream.receiveLimit - stream.consumed <= window - step
}

function windowOf(stream: Stream): number {
  return stream.extra?.tuning?.windowBytes ?? FIRST_STREAM_WINDOW_BYTES
}

function grow(stream: Stream): void {
  const { core } = stream
  const extra = extraOf(stream)
  const { receiveWindow, now } = core
  const growth = growthOf(stream)
  if (extra.tuning === undefined) {
    extra.tuning = new WindowTuning(FIRST_STREAM_WINDOW_BYTES, now, STREAM_PRODUCTS)
  } else {
    extra.readerEpoch = receiveWindow.markReader(extra.readerEpoch, now)
    const most = receiveWindow.maxStreamWindow(growth, now)
    extra.tuning.renew(stream.consumed - extra.consumedAtRenewal, now, core.liveness.minRttMs, most)
  }
  extra.consumedAtRenewal = stream.consumed
  raiseTo(stream, stream.consumed + extra.tuning.windowBytes, growth)
}

/** See `Stream.widen`. */
export function widen(stream: Stream): void {
  const { receiveWindow, now } = stream.core
  if (windowOf(stream) >= WIDE_WINDOW_BYTES) return
  if ((stream.state & (SIZE_KNOWN | StreamState.DISCARDING)) !== 0) return
  const growth = growthOf(stream)
  const room = receiveWindow.poolBytes / 2 - receiveWindow.growthBytes + growth
  if (room < WIDE_WINDOW_BYTES) return
  const extra = extraOf(stream)
  extra.tuning ??= new WindowTuning(FIRST_STREAM_WINDOW_BYTES, now, STREAM_PRODUCTS)
  extra.tuning.windowBytes = WIDE_WINDOW_BYTES
  extra.tuning.leastBytes = WIDE_WINDOW_BYTES
  extra.consumedAtRenewal = stream.consumed
  raiseTo(stream, stream.consumed + WIDE_WINDOW_BYTES, growth)
}

/**
 * Raises the window so that at least `bytes` may be unread: as far as the growth pool allows, and the rest when it has
 * room again.
 */
export function raiseWindow(stream: Stream, bytes: number): void {
  const { receiveWindow, wanting } = stream.core
  const growth = growthOf(stream)
  receiveWindow.requireAtLeast(bytes)
  const most = receiveWindow.poolBytes - receiveWindow.growthBytes + growth
  raiseTo(stream, stream.consumed + Math.min(bytes, most + FIRST_STREAM_WINDOW_BYTES), growth)
  if (stream.receiveLimit - stream.consumed < bytes) wanting.set(stream, bytes)
  else wanting.delete(stream)
}

/** Gives the windows that were required and could not be had at once. */
export function raiseWanted(wanting: Map<Stream, number>): void {
  for (const [stream, bytes] of wanting) {
    if ((stream.state & (SIZE_KNOWN | StreamState.DISCARDING)) === 0) raiseWindow(stream, bytes)
    else wanting.delete(stream)
  }
}

function raiseTo(stream: Stream, limit: number, growth: number): void {
  if (limit <= stream.receiveLimit) return
  stream.receiveLimit = limit
  stream.core.receiveWindow.growthBytes += growthOf(stream) - growth
  stream.state |= StreamState.CREDIT_QUEUED
  stream.core.queueControl(stream)
}
