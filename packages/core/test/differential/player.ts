import { describeOperation, TIMEOUTS, type Operation, type Side, type Throwing } from './operation.js'
import { UNSHIFTED, written } from './pattern.js'
import { describeError, ProgramError, type SystemError } from './program-error.js'
import { Reader } from './reader.js'
import { Recorder, type Direction } from './recorder.js'
import type { AnySocket } from './sockets.js'
import { Throws } from './throws.js'

/** What differs between players. */
export interface PlayerOptions {
  /** Whether there is an `'error'` listener. */
  readonly handlesErrors: boolean
  /** Whether it notes when the socket is full, which for large writes depends on who holds the bytes. */
  readonly notesFullness: boolean
  readonly isPeerEchoing: boolean
}

/** Plays one side of a plan on a socket, and records what the socket does. */
export class Player {
  readonly socket: AnySocket
  readonly recorder: Recorder
  readonly reader: Reader
  /** Bytes written or given to `end`. */
  sentBytes = 0
  /** Timeouts that are awaited. */
  awaitedTimeouts = 0
  /** See {@link PlayerOptions}. */
  readonly notesFullness: boolean
  /** What else is in the last error that came. */
  errorDetails = ''
  /** The argument of `'close'`, once it came. */
  hadError: unknown = 'not closed'
  readonly #side: Side
  readonly #options: PlayerOptions
  readonly #throws: Throws
  #calls = 0

  constructor(side: Side, socket: AnySocket, options: PlayerOptions) {
    this.#side = side
    this.#options = options
    this.socket = socket
    this.notesFullness = options.notesFullness
    this.recorder = new Recorder(side === 'near' ? 'far' : 'near', options.isPeerEchoing)
    this.#throws = new Throws(side)
    this.reader = new Reader(socket, this.recorder, this.#throws)
    this.#listen()
  }

  /** Does it. What it returns or throws at once is recorded. */
  perform(operation: Operation): void {
    const name = describeOperation(operation)
    try {
      const result = this.#call(operation)
      this.recorder.note('both', result === undefined ? name : `${name} gives ${result}`)
    } catch (error) {
      this.recorder.note('both', `${name} throws ${describeError(error as SystemError)}`)
    }
  }

  #listen(): void {
    const { socket, recorder } = this
    const listen = (event: Throwing, direction: Direction): void =>
      void socket.on(event, () => {
        recorder.note(direction, `'${event}'`)
        this.#throws.now(event)
      })
    listen('end', 'read')
    listen('finish', 'write')
    listen('timeout', 'both')
    if (this.notesFullness) listen('drain', 'write')
    socket.on('close', (hadError: unknown) => {
      this.hadError = hadError
      recorder.note('both', "'close'")
      this.#throws.now('close')
    })
    if (!this.#options.handlesErrors) return
    socket.on('error', (error: SystemError) => {
      this.errorDetails = `${error.syscall}; ${error.errno}; ${error.message}`
      recorder.note('both', `'error' ${describeError(error)}`)
      this.#throws.now('error')
    })
  }

  #call(operation: Operation): string | undefined {
    const { socket, reader } = this
    switch (operation.kind) {
      case 'write':
        return this.#write(operation)
      case 'end':
        return void socket.end(...this.#arguments(operation))
      case 'writeInvalid':
        return String(socket.write(operation.value === 'null' ? null : new Date()))
      case 'destroy':
        return void socket.destroy(operation.withError ? new ProgramError('destroyed') : undefined)
      case 'reset':
        return void socket.resetAndDestroy()
      case 'unflow':
        return void socket.removeAllListeners('data')
      case 'read':
        return reader.read(operation.bytes)
      case 'unshift':
        return void socket.unshift(Buffer.alloc(operation.bytes, UNSHIFTED))
      case 'iterate':
        return void reader.iterate(operation.breakAfterBytes, operation.leavesBy)
      case 'setEncoding':
        return void reader.setEncoding(operation.encoding)
      case 'flow':
      case 'readable':
      case 'pipe':
      case 'echo':
        return void reader[operation.kind]()
      case 'setTimeout':
        return void socket.setTimeout(TIMEOUTS[operation.value] as number)
      case 'timeout':
        return void this.#awaitTimeout()
      case 'throwNext':
        return void this.#throws.ask(operation.listener)
      case 'cork':
      case 'uncork':
      case 'destroySoon':
      case 'pause':
      case 'resume':
      case 'unpipe':
      case 'ref':
      case 'unref':
        return void socket[operation.kind]()
    }
  }

  #write(operation: Operation & { kind: 'write' | 'end' }): string | undefined {
    const result = this.socket.write(...this.#arguments(operation))
    return this.notesFullness ? String(result) : undefined
  }

  /** Typed as what always works: Node's types allow no mixture. */
  #arguments(operation: Operation & { kind: 'write' | 'end' }): [Buffer] {
    const args: unknown[] = []
    const bytes = written(this.#side, this.sentBytes, operation.bytes)
    if (operation.bytes > 0 || operation.kind === 'write')
      args.push(operation.isText ? bytes.toString('latin1') : bytes)
    this.sentBytes += operation.bytes
    if (operation.hasCallback) {
      const number = ++this.#calls
      args.push((error?: SystemError | null) => {
        this.recorder.note('write', `callback ${number}${error ? ` ${describeError(error)}` : ''}`)
        this.#throws.now('callback')
      })
    }
    return args as [Buffer]
  }

  #awaitTimeout(): void {
    const { socket } = this
    if (socket.destroyed) return
    this.awaitedTimeouts += 1
    const done = (): void => {
      socket.off('timeout', done).off('close', done)
      if (!socket.destroyed) socket.setTimeout(0)
      this.awaitedTimeouts -= 1
    }
    // In front, since the other listeners may throw.
    socket.prependListener('timeout', done).prependListener('close', done)
    socket.setTimeout(1)
  }
}
