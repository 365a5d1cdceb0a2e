/** The option `onread` of a socket, as Node has it. */
export interface OnReadOptions {
  /** Where bytes are copied to: a buffer that is used again and again, or a function that gives one each time. */
  buffer: Uint8Array | (() => Uint8Array)
  /** Called with each piece. Reading pauses when it returns `false`, until `resume()`. */
  callback(this: unknown, bytesWritten: number, buffer: Uint8Array): boolean | void
}

/** The option if it is a whole one; Node ignores anything else. */
export function onReadOf(value: unknown): OnReadOptions | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { buffer, callback } = value as Partial<OnReadOptions>
  const hasBuffer = buffer instanceof Uint8Array || typeof buffer === 'function'
  return hasBuffer && typeof callback === 'function' ? (value as OnReadOptions) : undefined
}

/** The socket that reads. */
interface Reader {
  readonly destroyed: boolean
}

/**
 * Copies what arrives into the program's buffer, piece by piece, and calls it with each. Nothing becomes `'data'`. What
 * arrives while the program has paused waits here; the stream's window limits it. The program gets nothing once it has
 * destroyed the socket.
 */
export class OnRead {
  readonly #options: OnReadOptions
  #waiting: Uint8Array[] = []
  #isPaused = false
  /** Where the next bytes go. */
  #buffer: Uint8Array = NO_BUFFER

  constructor(options: OnReadOptions) {
    this.#options = options
  }

  /** The connection begins: as in Node, the first buffer is asked for before anything has arrived. */
  begin(isPaused: boolean): void {
    this.#waiting = []
    this.#isPaused = isPaused
    this.#nextBuffer()
  }

  /** Whether bytes wait until the program reads on. */
  get isPaused(): boolean {
    return this.#isPaused
  }

  pause(): void {
    this.#isPaused = true
  }

  /** Returns how many bytes of `chunk`, and of what waits before it, the program has taken. */
  take(socket: Reader, chunk: Uint8Array): number {
    this.#waiting.push(chunk)
    return this.#isPaused ? 0 : this.#deliver(socket)
  }

  /** The program reads on. Returns how many of the bytes that wait it has taken. */
  resume(socket: Reader): number {
    this.#isPaused = false
    return this.#deliver(socket)
  }

  #deliver(socket: Reader): number {
    let taken = 0
    while (!socket.destroyed) {
      const next = this.#waiting.shift()
      if (next === undefined) break
      const buffer = this.#buffer
      const bytes = Math.min(buffer.length, next.length)
      buffer.set(next.subarray(0, bytes))
      if (bytes < next.length) this.#waiting.unshift(next.subarray(bytes))
      taken += bytes
      // As in Node, the program finds its socket in `this`.
      if (this.#options.callback.call(socket, bytes, buffer) === false) this.#isPaused = true
      this.#nextBuffer()
      if (this.#isPaused || bytes === 0) break
    }
    return taken
  }

  #nextBuffer(): void {
    const { buffer } = this.#options
    this.#buffer = typeof buffer === 'function' ? buffer() : buffer
  }
}

const NO_BUFFER = new Uint8Array(0)
