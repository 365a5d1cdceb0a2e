import type { Duplex } from 'node:stream'

/** How long a write waits for the peer's last bytes while nothing arrives, in ms. */
const SILENCE_MS = 2_000

/** How long a write that would fail waits for a paused reader to go on, in ms. An HTTP parser pauses for less. */
const PAUSE_MS = 100

/** Completes a write: `null` when its bytes count as taken. */
type WriteCallback = (error: Error | null) => void

/** A Duplex whose peer reads no more. */
export interface Stopped {
  readonly duplex: Duplex
  /** The error of a write that fails now. */
  error(): Error
  /** Bytes received so far. */
  received(): number
}

/**
 * Writes after the peer stopped reading. Over TCP the kernel takes the first of them, the peer answers with RST, and
 * the next one fails; meanwhile what the peer sent last, for example an HTTP server's 413, is read. The same here:
 *
 *     it flows and has not ended    a write waits: until `'end'`, then it counts as taken; or until nothing has arrived
 *                                   for 2 s, then it fails
 *     it is paused                  the first write counts as taken, a later one waits for 100 ms; when reading goes on
 *                                   meanwhile, as above, otherwise it fails
 *     nobody reads, or it ended     the first write counts as taken, every later one fails
 *
 * A write of which more is left than a kernel's buffers would hold fails in place of counting as taken, unless it waits
 * while the Duplex flows.
 *
 * There is one for each Duplex that needs it, made with the first such write.
 */
export class StoppedWrites {
  readonly #stopped: Stopped
  /** A write counted as taken: the next one that may fail does. */
  #hasTaken = false
  #waiting: WriteCallback | undefined = undefined
  /** Whether the write that waits was in flight when the peer stopped: it is not the first write behind the stop. */
  #isInFlight = false
  #timer: NodeJS.Timeout | undefined = undefined
  /**
   * In a tick of its own: an exception of the write's callback does not keep the event from the program's listeners.
   */
  readonly #onEnd = (): void => process.nextTick(() => this.#take())

  constructor(stopped: Stopped) {
    this.#stopped = stopped
  }

  /**
   * The write that was in flight when the peer stopped: when it counts as taken, it is not the first behind the stop.
   * `isLarge`: more of it is left than a kernel's buffers would hold.
   */
  inFlight(callback: WriteCallback, isLarge: boolean): void {
    this.#isInFlight = true
    if (this.#isReading()) this.#wait(callback)
    else if (isLarge) this.#fail(callback)
    else callback(null)
  }

  /** Completes a write now or later. A Duplex has one write in flight at a time. */
  write(callback: WriteCallback, isLarge: boolean): void {
    this.#isInFlight = false
    if (this.#isReading()) this.#wait(callback)
    else if (this.#hasTaken || isLarge) this.#fail(callback)
    else {
      this.#hasTaken = true
      callback(null)
    }
  }

  /** Whether a write counted as taken: the next one fails, even an empty one, which itself never counts. */
  get hasTaken(): boolean {
    return this.#hasTaken
  }

  #isReading(): boolean {
    const { duplex } = this.#stopped
    return duplex.readableFlowing === true && !duplex.readableEnded && !duplex.destroyed
  }

  #fail(callback: WriteCallback): void {
    const { duplex } = this.#stopped
    if (duplex.readableFlowing !== false || duplex.readableEnded) callback(this.#stopped.error())
    else this.#wait(callback, PAUSE_MS)
  }

  #wait(callback: WriteCallback, limitMs = SILENCE_MS): void {
    this.#waiting = callback
    // In front of the program's listeners: one that throws keeps the event from those behind it.
    this.#stopped.duplex.prependOnceListener('end', this.#onEnd)
    this.#watch(limitMs)
  }

  /** The Duplex is destroyed: a write that waits completes. */
  close(): void {
    this.#complete(null)
  }

  #take(): void {
    if (!this.#isInFlight) this.#hasTaken = true
    this.#complete(null)
  }

  #watch(limitMs: number): void {
    const received = this.#stopped.received()
    this.#timer = setTimeout(() => {
      const isPaused = this.#stopped.duplex.readableFlowing !== true
      if (limitMs === PAUSE_MS) {
        if (isPaused) this.#complete(this.#stopped.error())
        else this.#watch(SILENCE_MS)
      } else if (this.#stopped.received() > received) this.#watch(SILENCE_MS)
      // The application has stopped reading meanwhile, perhaps until this write completes.
      else if (isPaused) this.#take()
      else this.#complete(this.#stopped.error())
    }, limitMs)
    this.#timer.unref()
  }

  #complete(error: Error | null): void {
    clearTimeout(this.#timer)
    this.#stopped.duplex.removeListener('end', this.#onEnd)
    const callback = this.#waiting
    this.#waiting = undefined
    callback?.(error)
  }
}
