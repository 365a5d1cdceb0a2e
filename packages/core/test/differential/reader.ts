import { Writable } from 'node:stream'
import { describeError, ProgramError, type SystemError } from './program-error.js'
import type { Recorder } from './recorder.js'
import type { AnySocket } from './sockets.js'
import type { Throws } from './throws.js'

/** All the ways in which a program reads from a socket. */
export class Reader {
  /** Whether an iteration was left early. Where it was depends on the chunks. */
  hasLeft = false
  readonly #socket: AnySocket
  readonly #recorder: Recorder
  readonly #throws: Throws
  #encoding: BufferEncoding | undefined
  /** What was received last: several readers see the same chunk, which counts once. */
  #lastChunk: Buffer | string | undefined
  readonly #onData = (chunk: Buffer | string): void => {
    this.#received(chunk)
    this.#throws.now('data')
  }

  constructor(socket: AnySocket, recorder: Recorder, throws: Throws) {
    this.#socket = socket
    this.#recorder = recorder
    this.#throws = throws
  }

  setEncoding(encoding: BufferEncoding): void {
    this.#encoding = encoding
    this.#socket.setEncoding(encoding)
  }

  flow(): void {
    this.#socket.on('data', this.#onData)
  }

  readable(): void {
    this.#socket.on('readable', () => {
      for (let chunk = this.#take(); chunk !== null; chunk = this.#take()) this.#received(chunk)
      this.#throws.now('data')
    })
  }

  read(bytes: number): string {
    const chunk = this.#take(bytes)
    if (chunk === null) return 'null'
    this.#received(chunk)
    return String(chunk.length)
  }

  pipe(): void {
    const sink = new Writable({
      decodeStrings: false,
      write: (chunk: Buffer | string, _encoding, callback) => {
        this.#received(chunk)
        callback()
      },
      final: (callback) => {
        this.#recorder.note('read', 'the sink is ended')
        callback()
      },
    })
    this.#socket.pipe(sink)
  }

  echo(): void {
    this.#socket.on('data', this.#onData).pipe(this.#socket)
  }

  async iterate(bytes: number, leavesBy: 'break' | 'throw'): Promise<void> {
    const { receivedBytes } = this.#recorder
    try {
      for await (const chunk of this.#socket) {
        this.#received(chunk as Buffer | string)
        if (this.#recorder.receivedBytes < receivedBytes + bytes) continue
        this.#leave()
        if (leavesBy === 'throw') throw new ProgramError('iteration')
        break
      }
      this.#recorder.note('read', 'iteration ends')
    } catch (error) {
      // A 'data' listener that throws does so within the iteration.
      if (error instanceof ProgramError && !this.hasLeft) this.#leave()
      this.#recorder.note('read', `iteration fails with ${describeError(error as SystemError)}`)
    }
  }

  #leave(): void {
    this.hasLeft = true
    this.#recorder.forgetData()
    this.#recorder.note('read', 'leaves')
  }

  #take(bytes?: number): Buffer | string | null {
    return this.#socket.read(bytes) as Buffer | string | null
  }

  #received(chunk: Buffer | string): void {
    if (chunk === this.#lastChunk) return
    this.#lastChunk = chunk
    this.#recorder.received(typeof chunk === 'string' ? Buffer.from(chunk, this.#encoding ?? 'utf8') : chunk)
  }
}
