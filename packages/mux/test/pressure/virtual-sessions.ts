import { VirtualClock, simLink } from '@astranet/testkit/sim'
import { Session, type SessionHandler, type SessionLimits, type Stream } from '../../src/index.js'

/** 1 Gbit/s with a round trip of 100 ms. */
const BYTES_PER_SECOND = 125_000_000
const ROUND_TRIP_MS = 100
const BUFFER_BYTES = 16_777_216

/** What the writers write again and again. */
const PIECE = new Uint8Array(65_536)

/** Two sessions on a simulated link: the client writes, the server reads or does not. */
export interface VirtualSessions {
  readonly clock: VirtualClock
  readonly writer: Session
  readonly reader: Session
  /** The streams the reader was told of. */
  readonly accepted: Stream[]
  /** Lets the link carry what is under way. */
  settle(): void
}

/** Starts both; the peer's limits are known when it returns. */
export function virtualSessions(limits: SessionLimits, handler: SessionHandler = {}): VirtualSessions {
  const clock = new VirtualClock()
  const link = simLink(clock, {
    delayMs: ROUND_TRIP_MS / 2,
    bytesPerSecond: BYTES_PER_SECOND,
    bufferBytes: BUFFER_BYTES,
  })
  const accepted: Stream[] = []
  const random = (): number => 0.5
  const writer = new Session(link.a, { role: 'client', clock, random })
  const reader = new Session(link.b, {
    role: 'server',
    clock,
    random,
    ...limits,
    handler: {
      ...handler,
      onStream(stream) {
        accepted.push(stream)
        handler.onStream?.(stream)
      },
    },
  })
  const settle = (): void => clock.advance(4 * ROUND_TRIP_MS)
  settle()
  return { clock, writer, reader, accepted, settle }
}

/** Lets time pass until `isDone`. Throws when that takes more than ten minutes. */
export function until(clock: VirtualClock, isDone: () => boolean): void {
  const deadline = clock.now() + 600_000
  while (!isDone()) {
    clock.step()
    if (clock.now() > deadline) throw new Error('it has not happened within ten minutes')
  }
}

/** Opens a stream, waiting for credit where there is none. */
export function openOn({ writer, settle }: VirtualSessions, urgency = 3): Stream {
  for (let waits = 0; waits < 100; waits++) {
    const stream = writer.tryOpenStream({ urgency })
    if (stream !== undefined) return stream
    settle()
  }
  throw new Error('the peer allows no more streams')
}

/** Writes `bytes` as fast as the stream takes them, then ends it. Without `bytes`: for ever. */
export function pump(stream: Stream, bytes = Infinity): void {
  let left = bytes
  const write = (): void => {
    while (left > 0) {
      const piece = PIECE.subarray(0, Math.min(left, PIECE.length))
      left -= piece.length
      if (!stream.write(piece)) break
    }
    if (left === 0) stream.end()
  }
  stream.handle({ onData: () => {}, onEnd: () => {}, onWritable: write })
  write()
}

/** Counts what arrives on a stream, and how it ended. */
export class Counter {
  bytes = 0
  hasEnded = false
  resetError: (Error & { readonly code?: string; readonly applicationCode?: unknown }) | undefined
  stopError: (Error & { readonly code?: string; readonly applicationCode?: unknown }) | undefined

  constructor(stream: Stream) {
    stream.handle({
      onData: (_, chunk) => void (this.bytes += chunk.length),
      onEnd: () => void (this.hasEnded = true),
      onReset: (_, error) => void (this.resetError = error),
      onStopSending: (_, error) => void (this.stopError = error),
    })
  }
}
