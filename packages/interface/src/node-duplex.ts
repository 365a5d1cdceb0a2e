import type { ByteDuplex, ByteDuplexCapabilities, ByteDuplexHandler } from './byte-duplex.js'
import { concatBytes } from './concat-bytes.js'
import { DrainCounter } from './drain-counter.js'
import { AstraError } from './errors.js'
import { keepFreedMemory } from './keep-freed-memory.js'
import { lendReads } from './lent-reads.js'
import { lingerOn } from './linger.js'
import { checkMemoryUse, type MemoryUse } from './memory-use.js'
import type { PipeSecurity } from './pipe-security.js'
import { socketSecurity, tlsSecurity, type SecuritySocket } from './socket-security.js'
import { invalidArgument, invalidType } from './argument-error.js'

export { keepFreedMemory, lingerOn, socketSecurity, tlsSecurity }
export type { SecuritySocket }

/**
 * The part of `node:stream`'s Duplex that {@link fromNodeDuplex} uses. `net.Socket`, `tls.TLSSocket` and every
 * `stream.Duplex` in byte mode have it.
 */
export interface NodeDuplex extends SecuritySocket {
  readonly readableObjectMode: boolean
  readonly writableObjectMode: boolean
  readonly readableEncoding: string | null
  readonly readableEnded: boolean
  readonly readableLength?: number
  readonly writableLength: number
  readonly writableEnded: boolean
  readonly writableFinished: boolean
  readonly closed: boolean
  readonly allowHalfOpen: boolean
  write(chunk: Uint8Array, callback?: (error: Error | null | undefined) => void): boolean
  cork(): void
  uncork(): void
  pause(): unknown
  resume(): unknown
  end(): unknown
  destroy(error?: Error): unknown
  on(event: 'data', listener: (chunk: Uint8Array) => void): unknown
  on(event: 'end' | 'close', listener: () => void): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
  /** Sockets of the system have it; they refer to no chunk once it is written. */
  resetAndDestroy?(): unknown
  /** Sockets of the system have both; other streams have no handle that could keep a process alive. */
  ref?(): unknown
  unref?(): unknown
  /** Sockets of the system have it. It has the descriptor, except on Windows. */
  readonly _handle?: { readonly fd?: number; useUserBuffer?(buffer: Uint8Array): void } | null
}

/** What {@link fromNodeDuplex} cannot read from the stream. */
export interface NodeDuplexOptions {
  /** {@link ByteDuplex.localAddress}. Default: empty. */
  localAddress?: string
  /** {@link ByteDuplex.remoteAddress}. Default: empty. */
  remoteAddress?: string
  /**
   * Whether each direction ends on its own. Default: the stream's own `allowHalfOpen`. When `false`, `end` closes
   * both: what still arrives is dropped, and the pipe closes once the peer has ended too; a peer's end ends this
   * side.
   */
  halfClose?: boolean
  /**
   * {@link ByteDuplex.security}, for example of a Unix socket or of a child's stdio. Default: what a socket shows of
   * itself ({@link socketSecurity}); absent for other streams.
   */
  security?: PipeSecurity
  /**
   * Whether the process keeps memory that reading frees ({@link MemoryUse}): `'fast'`, or `'lean'` where memory
   * matters more than speed. Default `'fast'`.
   */
  memory?: MemoryUse
}

/**
 * A byte duplex over a Node stream, which belongs to it from then on: nothing else may read, write or destroy it.
 *
 * - `writev` returns `true` when the stream took every byte in the same turn. A `net.Socket` does so as long as the
 *   kernel's buffer has room: Node tries the system call at once, and drops `writableLength` before `write` returns.
 * - A stream that is not a socket may pass on the chunk that it was given (a `PassThrough`, a pair of Duplexes in
 *   memory), and it does not report when its reader is done with it. So such a stream gets a copy; a socket does not.
 * - `data` chunks are passed on as they are. The stream must not reuse them (a `net.Socket` does not, unless it was
 *   made with `onread`). Once a handler returns its chunks ({@link ByteDuplexHandler.returnsChunks}), a `net.Socket` of
 *   Node reads into one place of memory instead, except on Windows.
 * - `abort` resets a TCP connection, so that the peer sees `ECONNRESET` and not a clean end; other streams are
 *   destroyed. A Node peer may see an end instead when bytes were unread at the reset, so a protocol needs a message
 *   that ends it.
 * - A stream that closes without an error before both directions ended gives `onClose` an `ECONNRESET`.
 * - The first socket makes `malloc` keep what reading frees ({@link keepFreedMemory}), unless `memory` is `'lean'`.
 * - A TLS socket must have completed its handshake, because its security is read once.
 * - Make TCP sockets and servers with `allowHalfOpen: true`, or the peer's end ends this side too.
 *
 * Throws a `TypeError` unless `duplex` is a Duplex in byte mode without an encoding, and a `TypeError` or
 * `RangeError` that names `memory` when that is neither `'fast'` nor `'lean'`.
 */
export function fromNodeDuplex(duplex: NodeDuplex, options: NodeDuplexOptions = {}): ByteDuplex {
  if (typeof duplex?.uncork !== 'function' || typeof duplex.resume !== 'function') {
    throw invalidType('duplex', 'an instance of Duplex', duplex)
  }
  if (duplex.readableObjectMode || duplex.writableObjectMode) {
    throw invalidArgument('duplex', 'must be a stream of bytes, not in object mode')
  }
  if (duplex.readableEncoding !== null) {
    throw invalidArgument(
      'duplex',
      `must give bytes, not strings (its encoding is ${duplex.readableEncoding})`,
    )
  }
  return new NodeByteDuplex(duplex, options)
}

/**
 * How many rounds of the tick and promise queues a flush over TLS waits. Few programs need more rounds from the event
 * that woke them to `process.exit()`; a round costs 0.2 us.
 */
const TICKS = 8

const { process: nodeProcess } = globalThis as unknown as {
  process: { nextTick(callback: () => void): void }
}

/**
 * Node sends what TLS has encrypted once in a turn. A second write leaves after the check phase (that of
 * `setImmediate`), and never if the process exits before.
 */
function afterTicks(callback: () => void, ticks: number): void {
  if (ticks === 0) callback()
  else nodeProcess.nextTick(() => queueMicrotask(() => afterTicks(callback, ticks - 1)))
}

class NodeByteDuplex implements ByteDuplex {
  readonly capabilities: ByteDuplexCapabilities
  readonly defer?: (callback: () => void) => void
  readonly callsBackLater: boolean
  readonly localAddress: string
  readonly remoteAddress: string
  readonly security?: PipeSecurity
  readonly #duplex: NodeDuplex
  readonly #drains = new DrainCounter()
  readonly #onWritten = (error?: Error | null): void => {
    if (error === undefined || error === null) this.#written()
  }
  /** Whether the stream may pass on the chunks it is given, by reference. */
  readonly #passesOnChunks: boolean
  #handler: ByteDuplexHandler | undefined
  #reason: Error | undefined
  #isAborted = false
  #isEnding = false
  #isPaused = false
  #isClosed = false
  /** Whether the socket reads into memory that is lent to handlers; `undefined`: not tried yet. */
  #lendsReads: boolean | undefined
  /** Writes whose callback is still to come; Node calls them in order. */
  #pendingWrites = 0

  constructor(duplex: NodeDuplex, options: NodeDuplexOptions) {
    this.#duplex = duplex
    this.#passesOnChunks = typeof duplex.resetAndDestroy !== 'function'
    this.callsBackLater = !this.#passesOnChunks
    this.capabilities = { halfClose: options.halfClose ?? duplex.allowHalfOpen }
    const security = options.security ?? socketSecurity(duplex)
    if (security !== undefined) this.security = security
    this.localAddress = options.localAddress ?? ''
    this.remoteAddress = options.remoteAddress ?? ''
    if (checkMemoryUse(options.memory) === 'fast' && !this.#passesOnChunks) keepFreedMemory()
    if (duplex.encrypted === true) this.defer = (callback) => afterTicks(callback, TICKS)
    duplex.pause()
    duplex.on('error', (error) => (this.#reason ??= error))
    if (duplex.closed) this.#closed()
    else duplex.on('close', () => this.#closed())
  }

  get bufferedBytes(): number {
    return this.#isClosed ? 0 : this.#duplex.writableLength
  }

  handle(handler: ByteDuplexHandler): void {
    const isFirst = this.#handler === undefined
    this.#handler = handler
    if (!isFirst) return
    if (this.#isClosed) return queueMicrotask(() => this.#handler?.onClose(this.#reason))
    this.#duplex.on('data', (chunk) => this.#received(chunk))
    this.#duplex.on('end', () => this.#ended())
    if (!this.#isPaused) this.#duplex.resume()
  }

  writev(chunks: readonly Uint8Array[]): boolean {
    if (this.#isEnding || this.#isClosed || chunks.length === 0) return true
    const duplex = this.#duplex
    if (this.#passesOnChunks) chunks = [concatBytes(chunks)]
    const last = chunks.length - 1
    if (last > 0) duplex.cork()
    for (let index = 0; index < last; index++) duplex.write(chunks[index] as Uint8Array)
    this.#pendingWrites++
    duplex.write(chunks[last] as Uint8Array, this.#onWritten)
    if (last > 0) duplex.uncork()
    return duplex.writableLength === 0 || this.#drains.owe()
  }

  linger(ms: number): void {
    lingerOn(this.#duplex._handle?.fd, ms)
  }

  ref(): void {
    this.#duplex.ref?.()
  }

  unref(): void {
    this.#duplex.unref?.()
  }

  pause(): void {
    this.#isPaused = true
    this.#duplex.pause()
  }

  resume(): void {
    this.#isPaused = false
    if (this.#handler !== undefined) this.#duplex.resume()
  }

  end(): void {
    if (this.#isEnding) return
    this.#isEnding = true
    this.#duplex.end()
    if (!this.capabilities.halfClose) this.resume()
  }

  abort(reason: Error): void {
    if (this.#isAborted || this.#isClosed) return
    this.#isAborted = true
    this.#isEnding = true
    this.#reason ??= reason
    resetOrDestroy(this.#duplex)
  }

  #received(chunk: Uint8Array): void {
    if (this.#isAborted || chunk.length === 0) return
    if (this.#isEnding && !this.capabilities.halfClose) return
    if (this.#lendsReads === undefined && this.#handler?.returnsChunks === true) this.#lendReads()
    this.#handler?.onData(chunk)
  }

  /** Lends the memory of all later reads. It is too early while bytes wait in the stream. */
  #lendReads(): void {
    if (this.#isPaused || this.#duplex.readableLength !== 0) return
    this.#lendsReads = lendReads(this.#duplex, (chunk) => this.#receivedLent(chunk))
  }

  #receivedLent(chunk: Uint8Array): void {
    const isReturned = this.#handler?.returnsChunks === true
    this.#received(isReturned ? chunk : Uint8Array.prototype.slice.call(chunk))
  }

  #ended(): void {
    if (this.#isAborted) return
    if (this.capabilities.halfClose) this.#handler?.onEnd()
    else this.end()
  }

  #written(): void {
    if (--this.#pendingWrites > 0) return
    this.#drains.makeDue()
    while (!this.#isAborted && this.#drains.takeDue()) this.#handler?.onDrain()
  }

  #closed(): void {
    this.#isClosed = true
    const hasEnded = this.#duplex.readableEnded && this.#duplex.writableFinished
    if (this.#reason === undefined && !hasEnded) {
      this.#reason = new AstraError(
        'ECONNRESET',
        'The connection was closed before both directions had ended.',
      )
    }
    this.#handler?.onClose(this.#reason)
  }
}

/**
 * A reset shows the peer that bytes are missing. Only TCP has one; other handles throw. A TCP connection that the
 * system is ending cannot be reset either, and needs no reset: every byte has left.
 */
function resetOrDestroy(duplex: NodeDuplex): void {
  const isShuttingDown = duplex.writableEnded && !duplex.writableFinished && duplex.writableLength === 0
  try {
    if (duplex.resetAndDestroy !== undefined && !isShuttingDown) duplex.resetAndDestroy()
  } catch {
    // A pipe or TLS handle can only be destroyed.
  }
  duplex.destroy()
}
