import { SessionCore } from '../../src/proto/session/core.js'
import { resolveLimits, type SessionLimits } from '../../src/proto/session/options.js'
import { RECEIVE_OVER, SIZE_KNOWN } from '../../src/proto/stream/state.js'
import type { Stream } from '../../src/proto/stream/stream.js'
import { FIRST_STREAM_WINDOW_BYTES } from '../../src/proto/receive/session-window.js'

/** One end of a {@link Pair}: a core, and what it has told. */
export class Side {
  readonly core: SessionCore
  /** Every stream this side opened or was told of. */
  readonly streams: Stream[] = []
  /** Streams the peer opened, in the order they were told. */
  readonly accepted: Stream[] = []
  /** Bytes on their way to the other side. */
  readonly outgoing: Uint8Array[] = []
  /** Names of the events of the session, in order. */
  readonly events: string[] = []
  readonly thrown: unknown[] = []
  readonly pongs: (number | undefined)[] = []
  /** What to do with a stream of the peer. */
  onStream: ((stream: Stream) => void) | undefined
  /** When true the connection takes no bytes until {@link Pair.accept}. */
  isBlocked = false
  hasEnded = false
  #flight: Uint8Array[] | undefined
  #isWorkDue = false

  constructor(role: 'client' | 'server', limits: SessionLimits, now: () => number) {
    this.core = new SessionCore(role, resolveLimits(limits), {
      environment: { now, random: () => 0.5 },
      events: {
        onWork: () => (this.#isWorkDue = true),
        onStream: (stream) => this.#accept(stream),
        onStreamsAvailable: () => this.events.push('streams-available'),
        onDatagram: () => this.events.push('datagram'),
        onPong: (rttMs) => this.pongs.push(rttMs),
        onUnreadPressure: () => this.events.push('pressure'),
        onClosing: () => this.events.push('over'),
        onIdle: () => this.events.push('idle'),
        onHandlerError: (error) => this.thrown.push(error),
      },
    })
  }

  /** Opens a stream; fails the test when the peer's credit does not allow it. */
  open(isUnidirectional = false, urgency = 3): Stream {
    const stream = this.core.open(isUnidirectional, urgency)
    if (stream === undefined) throw new Error('the peer allows no more streams')
    this.streams.push(stream)
    return stream
  }

  /** Gathers one flush, if the connection takes it. Returns whether there was one, or there is work for another. */
  flush(now: number): boolean {
    if (this.#flight !== undefined) {
      this.core.handedOver()
      return false
    }
    this.#isWorkDue = false
    const chunks = this.core.gather(now)
    if (chunks !== undefined) {
      this.#flight = chunks
      if (!this.isBlocked) this.take(now)
    }
    this.core.handedOver()
    if (this.core.isEndDue && this.#flight === undefined) this.hasEnded = true
    return chunks !== undefined || this.#isWorkDue
  }

  /** The connection takes what was gathered: only now are the bytes copied, as a socket would. */
  take(now: number): boolean {
    const chunks = this.#flight
    if (chunks === undefined) return false
    this.#flight = undefined
    for (const chunk of chunks) this.outgoing.push(chunk.slice())
    this.core.accepted(now)
    return true
  }

  #accept(stream: Stream): void {
    this.streams.push(stream)
    this.accepted.push(stream)
    this.core.acceptedStream(stream)
    this.onStream?.(stream)
  }
}

/** Two cores joined by a lossless pipe, with virtual time. Nothing moves unless told. */
export class Pair {
  now = 0
  readonly client: Side
  readonly server: Side

  constructor(limits: { client?: SessionLimits; server?: SessionLimits } = {}) {
    const now = (): number => this.now
    this.client = new Side('client', limits.client ?? {}, now)
    this.server = new Side('server', limits.server ?? {}, now)
  }

  other(side: Side): Side {
    return side === this.client ? this.server : this.client
  }

  /** Brings up to `bytes` of what `from` sent to the other side, in one piece. Returns whether there was anything. */
  deliver(from: Side, bytes = Infinity): boolean {
    const chunk = takeBytes(from.outgoing, bytes)
    if (chunk === undefined) return false
    this.other(from).core.receive(chunk, this.now)
    return true
  }

  /** Moves everything until both sides are quiet; `split` says how many bytes arrive at once. */
  run(split: () => number = () => Infinity): void {
    for (let isBusy = true; isBusy;) {
      isBusy = false
      for (const side of [this.client, this.server]) {
        if (side.flush(this.now)) isBusy = true
        if (!side.isBlocked && side.take(this.now)) isBusy = true
        while (this.deliver(side, split())) isBusy = true
      }
    }
  }

  /** Moves time on, calling `timeout` whenever a deadline comes. */
  advance(ms: number): void {
    const until = this.now + ms
    for (;;) {
      const next = Math.min(this.client.core.nextDeadline(), this.server.core.nextDeadline())
      if (next > until) break
      this.now = Math.max(next, this.now)
      for (const { core } of [this.client, this.server]) {
        if (core.nextDeadline() <= this.now) core.timeout(this.now)
      }
      this.run()
    }
    this.now = until
  }

  /** Both sides' connection breaks or ends; all streams are told. */
  disconnect(reason?: Error): void {
    for (const { core } of [this.client, this.server]) {
      core.connectionClosed(reason, this.now)
      while (core.streams.failSome(3));
      core.handedOver()
    }
  }
}

/** A pair that has exchanged transport parameters. */
export function connectedPair(limits?: { client?: SessionLimits; server?: SessionLimits }): Pair {
  const pair = new Pair(limits)
  pair.run()
  return pair
}

function takeBytes(queue: Uint8Array[], bytes: number): Uint8Array | undefined {
  const first = queue[0]
  if (first === undefined) return undefined
  if (first.length <= bytes) {
    queue.shift()
    return first
  }
  queue[0] = first.subarray(bytes)
  return first.slice(0, bytes)
}

/** Throws unless the formulas of flow control hold for this side now. */
export function checkInvariants(side: Side): void {
  const { core, streams } = side
  const { receiveWindow: window, options } = core
  const pool = Math.floor(window.capBytes / 2)
  let growth = 0
  let unread = 0
  let buffered = 0
  let borrowed = 0
  for (const stream of streams) {
    unread += isAwaitingReset(stream) ? stream.receiveLimit - stream.consumed : stream.unreadBytes
    buffered += stream.bufferedBytes
    borrowed += stream.sendQueue?.borrowedBytes ?? 0
    if (stream.unreadBytes < 0) throw new Error(`stream ${stream.id}: more consumed than received`)
    if (stream.receiveOffset > stream.receiveLimit && stream.canReceive)
      throw new Error(`stream ${stream.id}: over its limit`)
    if (stream.canReceive && (stream.state & SIZE_KNOWN) === 0)
      growth += Math.max(0, stream.receiveLimit - stream.consumed - FIRST_STREAM_WINDOW_BYTES)
  }
  if (core.isClosing) return
  expectEqual('growthBytes', window.growthBytes, growth)
  if (growth > pool) throw new Error(`growth ${growth} is above the pool of ${pool}`)
  expectEqual('unread payload', window.received - window.consumed, unread)
  expectEqual('sendBufferedBytes', core.sendBufferedBytes, buffered)
  expectEqual('borrowedBytes', core.borrowedBytes, borrowed)
  if (unread + window.outstandingBytes > window.capBytes)
    throw new Error(`unread ${unread} and credit ${window.outstandingBytes} exceed ${window.capBytes}`)
  expectEqual('reserved', options.memoryBudget.reservedBytes, window.unreadBytes + window.outstandingBytes)
  if (core.sendWindow.sent > core.sendWindow.limit) throw new Error('more sent than MAX_DATA allows')
  if (!Number.isInteger(window.limit)) throw new Error(`MAX_DATA ${window.limit} is not an integer`)
}

/** RESET_STREAM_AT has come, its reliable bytes have not: the final size counts already. */
function isAwaitingReset(stream: Stream): boolean {
  return (stream.state & SIZE_KNOWN) !== 0 && (stream.state & RECEIVE_OVER) === 0
}

function expectEqual(name: string, actual: number, expected: number): void {
  if (actual !== expected) throw new Error(`${name} is ${actual}, expected ${expected}`)
}
