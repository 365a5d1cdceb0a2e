import { Duplex, type DuplexOptions as NodeDuplexOptions } from 'node:stream'
import { deliveredBytes } from '../../proto/receive/credit.js'
import type { Stream } from '../../proto/stream/stream.js'
import { isClosedHere } from './duplex-errors.js'
import { duplexHandler } from './duplex-handler.js'
import { isReading } from './node-state.js'
import { currentTurn, inNextTurn, turnsSince } from './turn.js'

/** A value of `#busyTurn`: there is a stream, and reading from it has not begun. */
const NOT_READING = -2

/** A handle of the system reports the end in a later round of the event loop than the bytes. */
const END_TURNS = 2

/** How a Duplex begins to read from its stream; see `DuplexOptions`. */
interface FirstRead {
  readonly initialBytes?: Uint8Array | undefined
  readonly isPaused?: boolean | undefined
}

/** The part of a {@link StreamDuplex} that has the stream and reads from it. */
export class ReadingDuplex extends Duplex {
  /** The stream underneath; `undefined` until {@link takeStream}, whatever its type says. */
  stream!: Stream
  /** Bytes pushed that count as unread until the next `_read`. */
  #pushedBytes = 0
  // No value here, but in the constructor: it passes 2^31 (see float-zero.ts).
  #bytesRead: number
  #hasReadEnd = false
  #isFailing = false
  /**
   * The last turn in which it got its stream, began to read or received bytes: the program works on that until the
   * turn is over. {@link NOT_READING} from its stream on until reading begins. -1 before it has a stream, and in the
   * constructor: methods of a subclass must not be called there, because its fields do not exist yet.
   */
  #busyTurn = -1

  constructor(toNode: NodeDuplexOptions) {
    super(toNode)
    this.#bytesRead = 0
  }

  /** Takes over `stream`, its handler and its context. Called last in a constructor, or later; once. */
  protected takeStream(stream: Stream, { initialBytes, isPaused = false }: FirstRead): void {
    this.stream = stream
    stream.context = this
    stream.manualCredit = true
    if (initialBytes !== undefined) this.receiveInitial(initialBytes)
    stream.handle(duplexHandler, { isPaused })
    this.#busyTurn = currentTurn()
  }

  /** Nothing is read until {@link beginReading}. */
  protected deferReading(): void {
    this.stream.pause()
    this.#busyTurn = NOT_READING
  }

  /**
   * Delivers bytes that were read from the stream already, and reads on unless the application has paused before it
   * read.
   */
  protected beginReading(initialBytes: Uint8Array | undefined): void {
    if (this.destroyed) return
    this.#busyTurn = currentTurn()
    if (initialBytes !== undefined) this.receiveInitial(initialBytes)
    if (this.destroyed || (this.isPaused() && !isReading(this))) return
    this.stream.resume()
    this.onUse()
  }

  /** Delivers bytes that were read from the stream already. */
  protected receiveInitial(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    this.#bytesRead = bytes.length
    this.#pushedBytes = Math.min(bytes.length, deliveredBytes(this.stream))
    super.push(Uint8Array.prototype.slice.call(bytes))
  }

  /** Counts bytes that a subclass has received in its own way. */
  protected countRead(bytes: number): void {
    if (!this.isStarting) this.onActivity()
    this.#bytesRead += bytes
  }

  /** The program is given bytes now: the end, or an error, comes in a later turn. */
  protected delivering(): void {
    if (!this.isStarting) this.#busyTurn = currentTurn()
  }

  /** Whether there is a stream: from {@link takeStream} on. */
  protected get hasStream(): boolean {
    return (this.stream as Stream | undefined) !== undefined
  }

  /** Everything is as in a new one without a stream. */
  protected forget(): void {
    this.stream = undefined as never
    // That of the class again: see `#failAfterReading`.
    Reflect.deleteProperty(this, 'read')
    this.#pushedBytes = 0
    this.#bytesRead = 0
    this.#hasReadEnd = false
    this.#isFailing = false
    this.#busyTurn = -1
  }

  /** Whether it has no stream yet, or gets it within the current call. */
  protected get isStarting(): boolean {
    return this.#busyTurn === -1
  }

  /** Whether the peer's end has arrived. */
  protected get hasReadEnd(): boolean {
    return this.#hasReadEnd
  }

  /** Bytes received, as on `net.Socket`; `undefined` on the prototype. */
  get bytesRead(): number {
    return #bytesRead in this ? this.#bytesRead : (undefined as never)
  }

  /** Called when bytes arrive, are handed to the stream or were sent. For subclasses; does nothing here. */
  protected onActivity(): void {}

  /**
   * Called when reading has begun, paused or ended, and when a write waits or is done: what keeps a process alive may
   * have changed. For subclasses; does nothing here.
   */
  protected onUse(): void {}

  /** The error that the application gets for an error of the stream. For subclasses; the error itself here. */
  protected errorOf(error: Error, _syscall: 'read' | 'write'): Error {
    return error
  }

  /** Reads ahead, so that a reset is noticed before the application reads. */
  protected readAhead(): void {
    if (!this.#hasReadEnd) this.read(0)
  }

  override _read(): void {
    // `beginReading` does what was asked for until then.
    if (!this.hasStream || this.#busyTurn === NOT_READING) return
    const taken = this.#pushedBytes
    this.#pushedBytes = 0
    if (taken > 0) this.stream.consume(taken)
    this.stream.resume()
    this.onUse()
  }

  /** @internal */
  received(chunk: Uint8Array): void {
    if (!this.isStarting) this.onActivity()
    this.delivering()
    this.#pushedBytes += chunk.length
    this.#bytesRead += chunk.length
    // Bytes that may wait in the readable buffer are copied: a piece of the read chunk would keep the whole chunk
    // alive.
    const isPassedOn = this.readableFlowing === true && this.readableLength === 0
    if (!isPassedOn) this.stream.widen()
    const bytes = isPassedOn ? chunk : Uint8Array.prototype.slice.call(chunk)
    if (!(this.isStarting ? super.push(bytes) : this.push(bytes))) {
      this.stream.pause()
      if (!this.isStarting) this.onUse()
    }
  }

  /** @internal */
  ended(): void {
    if (!this.isStarting) this.onActivity()
    this.#hasReadEnd = true
    this.#whenIdle(END_TURNS, () => this.readEnded())
  }

  /** The program gets the peer's end. */
  protected readEnded(): void {
    // An error that has arrived with it comes later.
    this.delivering()
    try {
      this.push(null)
      this.onUse()
      // As in `net.Socket`, so that `'end'` is emitted although the application does not read.
      this.read(0)
    } catch (error) {
      this.threw(error)
    }
  }

  /** @internal A listener of the application threw. For subclasses. */
  threw(error: unknown): void {
    throw error
  }

  /** @internal */
  failed(error: Error | undefined): void {
    // The first reason counts: the stream's end follows with its own.
    if (this.#isFailing) return
    this.#isFailing = true
    this.#whenIdle(this.#hasReadEnd ? END_TURNS + 1 : 1, () => {
      if (this.stream.hasReliableBytes && this.readableLength > 0) this.#failAfterReading(error)
      else this.destroy(this.#emitted(error))
    })
  }

  /**
   * Runs `action` now, or `turns` after the program was given the Duplex or bytes. As between the events of a handle of
   * the system, what the program does about them comes first: its nextTicks and microtasks in one turn, and what it has
   * left to setImmediate in two.
   */
  #whenIdle(turns: number, action: () => void): void {
    if (this.#busyTurn >= 0 && turnsSince(this.#busyTurn) >= turns) return action()
    const { stream } = this
    inNextTurn(() => {
      // It may be connecting again by now: then this was an event of its former stream.
      if (!this.destroyed && this.stream === stream) this.#whenIdle(turns, action)
    })
  }

  #emitted(error: Error | undefined): Error | undefined {
    return error === undefined || isClosedHere(error) ? undefined : this.errorOf(error, 'read')
  }

  /** The bytes in front of the reset are read before it is emitted. */
  #failAfterReading(error: Error | undefined): void {
    const { stream } = this
    const fail = (): void => {
      if (this.stream === stream) this.destroy(this.#emitted(error))
    }
    this.read = (size?: number): unknown => {
      const chunk: unknown = super.read(size)
      if (this.readableLength === 0) process.nextTick(fail)
      return chunk
    }
  }
}
