import { FIRST_STREAM_WINDOW_BYTES } from '../../src/proto/receive/session-window.js'
import { resolveLimits, type ResolvedLimits } from '../../src/proto/session/options.js'
import { MemoryBudget } from '../../src/proto/receive/memory-budget.js'
import type { CoreEvents } from '../../src/proto/session/events.js'
import { SessionCore } from '../../src/proto/session/core.js'
import type { Stream, StreamHandler } from '../../src/proto/stream/stream.js'
import { must } from './fuzz-failure.js'

/** What one flush of a session may hold at most: a turn, and the overshoot of one large frame. */
const MAX_FLUSH_BYTES = 1024 * 1024

/** Flushes that may follow each other without anything new having arrived. */
const MAX_FLUSHES = 8

const CAP_BYTES = 65_536
const SMALL_WRITE = new Uint8Array(20)
const LARGE_WRITE = new Uint8Array(5_000)

/** What a session made of one input. */
export interface SessionResult {
  /** Why it ended before its connection did. */
  readonly reason: Error | undefined
  /** What its streams had come to when the input was read. */
  readonly states: readonly number[]
}

/** Feeds the bytes of a peer to a session that is in use, and holds it to its contract. */
export class SessionTarget implements CoreEvents {
  readonly #hello: Uint8Array
  readonly #limits: ResolvedLimits
  #core: SessionCore
  #streams: Stream[] = []
  #closed = 0
  #overs = 0
  #choice = 0
  #isWorkDue = false

  constructor(hello: Uint8Array) {
    this.#hello = hello
    this.#limits = resolveLimits({
      maxReceiveBufferBytes: CAP_BYTES,
      maxDatagramFrameSizeBytes: 1_000,
      maxConcurrentStreams: 30,
      maxConcurrentUniStreams: 30,
      unreadGraceMs: 10,
    })
    this.#core = this.#make('client')
  }

  /** `choice`: 32 random bits that decide how the application behaves. */
  run(input: Uint8Array, choice: number): SessionResult {
    this.#choice = choice
    this.#streams = []
    this.#closed = 0
    this.#overs = 0
    const core = (this.#core = this.#make((choice & 1) === 0 ? 'server' : 'client'))
    core.receive(this.#hello, 0)
    this.#open()
    this.#flush(0)
    const half = (choice & 2) === 0 ? input.length : input.length >> 1
    this.#receive(input.subarray(0, half), 1)
    if (half < input.length) this.#receive(input.subarray(half), 2)
    const reason = core.closeReason
    const states = this.#streams.map(({ state }) => state)
    this.#goOn()
    this.#finish()
    return { reason, states }
  }

  onWork(): void {
    this.#isWorkDue = true
  }
  onStreamsAvailable(): void {}
  onDatagram(): void {}
  onPong(): void {}
  onUnreadPressure(): void {}
  onIdle(): void {}

  onStream(stream: Stream): void {
    must(!this.#core.isClosing, 'a stream was told after the end')
    this.#take(stream)
    this.#core.acceptedStream(stream)
    const mood = (this.#choice >>> (stream.id & 15)) & 3
    if (stream.canSend && mood !== 0) stream.write(SMALL_WRITE)
    if (stream.canSend && mood === 3) stream.end()
    if (mood === 1) stream.pause()
    if (mood === 2) stream.manualCredit = true
  }

  onClosing(): void {
    this.#overs += 1
    must(this.#overs === 1, 'the session ended twice')
  }

  onHandlerError(error: unknown): void {
    throw error
  }

  #make(role: 'client' | 'server'): SessionCore {
    const limits = { ...this.#limits, memoryBudget: new MemoryBudget(CAP_BYTES) }
    return new SessionCore(role, limits, { environment: { now: () => 0, random: () => 0.5 }, events: this })
  }

  #open(): void {
    for (let i = 0; i < 4; i++) {
      const stream = this.#core.open(i === 3, 3)
      must(stream !== undefined, 'a stream could not be opened')
      this.#take(stream)
      if (i > 0) stream.write(i === 2 ? LARGE_WRITE : SMALL_WRITE)
      if (i === 1) stream.end()
    }
  }

  #take(stream: Stream): void {
    stream.context = this
    this.#streams.push(stream)
    stream.handle(handler)
  }

  #receive(bytes: Uint8Array, now: number): void {
    const core = this.#core
    core.receive(bytes, now)
    const { received, consumed, limit, overheadBytes, growthBytes } = core.receiveWindow
    if (core.isClosing) return
    must(received - consumed + limit - received <= CAP_BYTES, 'unread bytes and credit exceed the cap')
    must(growthBytes >= 0 && growthBytes <= CAP_BYTES / 2, 'the growth pool is too large')
    const most = core.streams.size * 2 * FIRST_STREAM_WINDOW_BYTES
    must(overheadBytes >= 0 && overheadBytes <= most, 'what is kept costs too much')
    must(core.sendBufferedBytes >= 0, 'fewer than no bytes wait')
  }

  /** The application does something, and time passes. */
  #goOn(): void {
    const core = this.#core
    this.#flush(3)
    for (let i = 0; i < this.#streams.length; i++) {
      const stream = this.#streams[i] as Stream
      const mood = (this.#choice >>> (16 + (stream.id & 7))) & 7
      if (mood === 1) stream.resume()
      else if (mood === 2 && stream.canSend) stream.reset(1)
      else if (mood === 3 && stream.canReceive) stream.stopSending(2)
      else if (mood === 4) stream.destroy(3)
      else if (mood === 5) stream.end()
    }
    if ((this.#choice & 4) === 0) core.timeout(core.nextDeadline() === Infinity ? 4 : core.nextDeadline())
    this.#flush(core.now)
  }

  #flush(now: number): void {
    const core = this.#core
    for (let flushes = 0; flushes < MAX_FLUSHES; flushes++) {
      this.#isWorkDue = false
      const chunks = core.gather(now)
      core.handedOver()
      if (chunks === undefined && !this.#isWorkDue) return
      if (chunks === undefined) continue
      let bytes = 0
      for (const chunk of chunks) bytes += chunk.length
      must(bytes > 0 && bytes <= MAX_FLUSH_BYTES, 'a flush has the wrong size')
      core.accepted(now)
    }
    must(false, 'a session does not stop to send')
  }

  #finish(): void {
    const core = this.#core
    if ((this.#choice & 8) === 0) core.receiveEnd(core.now)
    this.#flush(core.now)
    core.connectionClosed((this.#choice & 0x10) === 0 ? undefined : new Error('broken'), core.now)
    must(core.isClosing && this.#overs === 1, 'the session did not end')
    for (const stream of this.#streams) stream.resume()
    while (core.streams.failSome(100));
    for (const stream of this.#streams) stream.resume()
    this.#flush(core.now)
    must(core.streams.size === 0, 'streams are left after the end')
    must(this.#closed === this.#streams.length, 'a stream was never closed')
    must(core.sendBufferedBytes === 0, 'bytes count as waiting after the end')
  }

  /** @internal */
  closed(): void {
    this.#closed += 1
  }
}

const handler: StreamHandler = {
  onData(): void {},
  onEnd(): void {},
  onReset(): void {},
  onClose: (stream) => (stream.context as SessionTarget).closed(),
}
