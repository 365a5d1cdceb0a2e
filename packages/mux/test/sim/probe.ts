import type { Rng } from '@astranet/testkit/sim'
import type { StreamError } from '../../src/proto/session/errors.js'
import type { Stream, StreamHandler } from '../../src/proto/stream/stream.js'
import type { Flow, StreamFlows } from './ledger.js'
import { isPattern, patternBytes } from './pattern.js'
import { must } from './sim-failure.js'

/** How an application reads a stream. */
export type Reading =
  /** As it comes. */
  | 'eager'
  /** Pauses now and then, and goes on later. */
  | 'moody'
  /** Says by `consume`, later and in parts, what it has dealt with. */
  | 'counting'
  /** Wants a whole message before it takes any of it. */
  | 'whole'
  /** Stops at some point and reads no more until the end of the run. */
  | 'idle'

/** Thrown by an application's handler, on purpose. */
export class HandlerFault extends Error {}

/** What a {@link Probe} asks of the application it belongs to. */
export interface ProbeHost {
  readonly random: Rng
  /** How often a handler throws. */
  readonly throws: number
  log(line: () => string): void
  isSessionOver(): boolean
  /** Whether the peer refuses or evicts streams with this code. */
  isRefused(code: unknown): boolean
  /** Calls back after some time. */
  later(callback: () => void): void
}

/**
 * One application's end of one stream: reads in its own way, writes the stream's pattern, and checks that what it is told
 * is what may be told at that point.
 */
export class Probe {
  readonly stream: Stream
  readonly reading: Reading
  readonly outgoing: Flow
  readonly incoming: Flow
  readonly #host: ProbeHost
  /** Bytes delivered and not yet said to be consumed; who reads late may say so after the stream's end, too. */
  unconsumed = 0
  isReadOver = false
  isWriteBlocked = false
  isClosed = false
  hasStopped = false
  /** Reads everything from now on. */
  isFinishing = false
  #wholeBytes = 0
  #stopAt = 0
  #lent: Uint8Array[] = []
  #isStopTold = false

  constructor(stream: Stream, flows: StreamFlows, reading: Reading, host: ProbeHost) {
    this.stream = stream
    this.reading = reading
    this.#host = host
    this.outgoing = stream.isLocal ? flows.fromOpener : flows.toOpener
    this.incoming = stream.isLocal ? flows.toOpener : flows.fromOpener
    stream.context = this
    stream.manualCredit = reading === 'counting' || reading === 'whole'
    this.#stopAt = reading === 'idle' ? host.random.integer(0, 3_000) : 0
    if (reading === 'whole') this.#require()
  }

  get name(): string {
    return `stream ${this.stream.id} (${this.reading})`
  }

  start(): void {
    this.stream.handle(handler)
  }

  /** Writes up to `bytes` of the stream's pattern, if the stream takes any. */
  write(bytes: number, isReferenced: boolean): boolean {
    const { stream, outgoing } = this
    const piece = patternBytes(outgoing.base, outgoing.written, bytes)
    const before = stream.sendOffset + stream.bufferedBytes
    const isWritable = isReferenced ? stream.writeReferenced(piece) : stream.write(piece)
    const taken = stream.sendOffset + stream.bufferedBytes - before
    must(taken === 0 || taken === bytes, () => `${this.name}: ${taken} of ${bytes} bytes were taken`)
    outgoing.written += taken
    if (taken > 0 && !isWritable) this.isWriteBlocked = true
    if (isReferenced) this.#lend(piece)
    return isWritable
  }

  end(): void {
    if (!this.stream.canSend || this.outgoing.reliableSize !== undefined) return
    this.outgoing.isEnded = true
    this.stream.end()
  }

  reset(code: number): void {
    this.outgoing.isReset = true
    this.stream.reset(code)
  }

  resetAt(size: number, code: number): void {
    const { outgoing } = this
    outgoing.reliableSize = Math.min(outgoing.reliableSize ?? Infinity, size)
    this.stream.resetAt(size, code)
  }

  stopSending(code: number): void {
    this.hasStopped = true
    this.stream.stopSending(code)
    this.#forget()
  }

  /** Closes the stream: what it keeps must arrive, and where it keeps all of it an end behind. */
  close(code: number): void {
    const { stream, outgoing } = this
    const kept = Math.min(stream.bufferedBytes, stream.keptAfterClose)
    if (stream.canSend && !outgoing.isReset && outgoing.reliableSize === undefined) {
      if (kept === stream.bufferedBytes) outgoing.isEnded = true
      else if (stream.host.peer.resetStreamAt) outgoing.reliableSize = stream.sendOffset + kept
      else outgoing.isReset = true
    }
    this.hasStopped = true
    outgoing.mayBeCut ||= stream.bufferedBytes > 0 && stream.host.options.maxSendBufferBytes < 1_000_000
    stream.close(code)
    this.#forget()
  }

  destroy(code: number): void {
    this.outgoing.isReset = true
    this.hasStopped = true
    this.stream.destroy(code)
    this.#forget()
  }

  /** Gives back some or all of what was delivered. */
  consume(isAll: boolean): void {
    const { unconsumed } = this
    if (unconsumed === 0) return
    const bytes = isAll ? unconsumed : this.#host.random.integer(1, unconsumed)
    this.unconsumed -= bytes
    this.stream.consume(bytes)
  }

  /** From now on everything is read and what can be ended is ended. */
  finish(): void {
    this.isFinishing = true
    this.consume(true)
    this.stream.manualCredit = false
    this.stream.resume()
    this.consume(true)
    this.end()
  }

  received(chunk: Uint8Array): void {
    const { incoming } = this
    this.#host.log(() => `${this.name}: ${chunk.length} bytes at ${incoming.delivered}`)
    must(!this.isReadOver && !this.isClosed, () => `${this.name}: data after the end`)
    must(!this.hasStopped, () => `${this.name}: data after stopSending`)
    must(chunk.length > 0, () => `${this.name}: an empty chunk`)
    const isRight = isPattern(chunk, incoming.base, incoming.delivered)
    must(isRight, () => `${this.name}: wrong bytes at ${incoming.delivered}`)
    incoming.delivered += chunk.length
    must(incoming.delivered <= incoming.written, () => `${this.name}: more bytes than were written`)
    this.#maybeThrow()
    if (this.stream.manualCredit) this.unconsumed += chunk.length
    if (!this.isFinishing) this.#readOn()
  }

  ended(): void {
    this.#host.log(() => `${this.name}: end at ${this.incoming.delivered}`)
    this.#readingOver('end')
    this.incoming.checkEnd()
    this.#maybeThrow()
  }

  wasReset(error: StreamError): void {
    this.#host.log(() => `${this.name}: reset at ${this.incoming.delivered}: ${error.message}`)
    this.#readingOver('reset')
    if (this.#host.isSessionOver() || error.code === 'ASTRA_ERR_STREAM_EVICTED') {
      if (error.code === 'ASTRA_ERR_STREAM_EVICTED') this.outgoing.isReset = true
      return
    }
    must(error.code === 'ECONNRESET', () => `${this.name}: reset with ${error.code}`)
    if (!this.#host.isRefused(error.applicationCode)) this.incoming.checkReset()
  }

  stopped(error: StreamError): void {
    this.#host.log(() => `${this.name}: the peer stopped reading: ${error.message}`)
    must(!this.#isStopTold && !this.isClosed, () => `${this.name}: told twice that the peer stopped reading`)
    this.#isStopTold = true
    this.outgoing.isReset = true
  }

  /** The stream's bytes were all handed over: what was lent comes back, and is changed at once. */
  flushed(): void {
    must(this.#lent.length > 0, () => `${this.name}: onFlushed without need`)
    this.#takeBack()
  }

  closed(): void {
    this.#host.log(() => `${this.name}: closed`)
    must(!this.isClosed, () => `${this.name}: onClose twice`)
    const isReadDone = this.isReadOver || this.hasStopped || !this.stream.canReceive
    must(isReadDone, () => `${this.name}: onClose before its receiving direction was over`)
    this.isClosed = true
    this.isWriteBlocked = false
  }

  writable(): void {
    must(this.isWriteBlocked, () => `${this.name}: onWritable without need`)
    must(!this.isClosed, () => `${this.name}: onWritable after onClose`)
    this.isWriteBlocked = false
  }

  /** Whoever gives a stream up may forget what he has of it, or say of that later that it is dealt with. */
  #forget(): void {
    if (this.#host.random.chance(0.5)) this.unconsumed = 0
  }

  #readingOver(how: string): void {
    must(!this.isReadOver, () => `${this.name}: ${how} after the end`)
    must(!this.isClosed, () => `${this.name}: ${how} after onClose`)
    must(!this.hasStopped, () => `${this.name}: ${how} after stopSending`)
    this.isReadOver = true
  }

  #readOn(): void {
    const { stream, reading } = this
    const { random } = this.#host
    if (reading === 'idle' && this.incoming.delivered >= this.#stopAt) stream.pause()
    else if (reading === 'moody' && random.chance(0.3)) {
      stream.pause()
      this.#host.later(() => stream.resume())
    } else if (reading === 'counting') this.#host.later(() => this.consume(false))
    else if (reading === 'whole' && this.unconsumed >= this.#wholeBytes) {
      this.consume(true)
      this.#require()
    }
  }

  #require(): void {
    const { stream } = this
    const most = Math.min(200_000, Math.floor(stream.host.receiveWindow.capBytes / 4))
    this.#wholeBytes = this.#host.random.integer(1, most)
    if (stream.canReceive) stream.requireAtLeast(this.#wholeBytes)
  }

  #lend(piece: Uint8Array): void {
    this.#lent.push(piece)
    if (!this.stream.isFlushOwed) this.#takeBack()
  }

  #takeBack(): void {
    for (const piece of this.#lent) piece.fill(0xee)
    this.#lent = []
  }

  #maybeThrow(): void {
    const { random, throws } = this.#host
    if (throws === 0 || !random.chance(throws)) return
    this.outgoing.isReset = true
    this.hasStopped = true
    throw new HandlerFault('a handler of the application threw')
  }
}

/** One for all: the probe of a stream is its context. */
const handler: StreamHandler = {
  onData: (stream, chunk) => probeOf(stream).received(chunk),
  onEnd: (stream) => probeOf(stream).ended(),
  onReset: (stream, error) => probeOf(stream).wasReset(error),
  onStopSending: (stream, error) => probeOf(stream).stopped(error),
  onWritable: (stream) => probeOf(stream).writable(),
  onFlushed: (stream) => probeOf(stream).flushed(),
  onClose: (stream) => probeOf(stream).closed(),
}

function probeOf(stream: Stream): Probe {
  return stream.context as Probe
}
