import type { PipeSecurity } from './pipe-security.js'

/** What a {@link ByteDuplex} can and cannot do. */
export interface ByteDuplexCapabilities {
  /**
   * Whether {@link ByteDuplex.end} closes only the sending direction. Without it (WebSocket) `end` closes
   * both, and a peer's end arrives as {@link ByteDuplexHandler.onClose}.
   */
  readonly halfClose: boolean
}

/**
 * What a {@link ByteDuplex} calls on its user. Calls begin in this order: any number of `onData`, `onDrain`,
 * `onSuspend`/`onResume`; at most one `onEnd`, after which no `onData` follows; then exactly one `onClose`, after which
 * nothing follows.
 *
 * Which method may call back before it returns:
 * - From inside `handle`, `writev`, `resume` and `end` any of these calls may come, except the `onDrain` of that very
 *   `writev`. A pipe within one process may have no turn of the event loop between its ends, as Node's
 *   `stream.duplexPair()`: the other end may answer what was written before `writev` returns.
 * - From inside `abort`, `pause` and the duplex's constructor none comes.
 * - From inside each of these calls the handler may call every method of the duplex. Where that method calls back,
 *   the handler is called inside its own call; what the inner call delivers is later in the order than what the outer
 *   one did.
 *
 * So a handler updates its own state before it calls a method that may call back, and checks it again afterwards.
 */
export interface ByteDuplexHandler {
  /**
   * Bytes arrived. `chunk` is never empty. The receiver owns it: the duplex never reuses or changes it, unless
   * {@link returnsChunks} is `true`.
   */
  onData(chunk: Uint8Array): void
  /**
   * Whether the handler needs a chunk only until its `onData` returns. Then the duplex may lend it memory, which the
   * duplex uses for the next bytes, or frees, when that call has returned. The duplex reads this before each chunk, and
   * the value holds for that chunk. Receiving without new memory for each chunk takes about half of the time. Absent:
   * `false`.
   */
  readonly returnsChunks?: boolean
  /**
   * A `writev` that returned `false` is done: all bytes were handed to the system, `bufferedBytes` is 0, the pipe
   * refers to no chunk any more, and more can be written. Called once for each such `writev`, never before it has
   * returned. A handler that took the pipe over may get a call that its predecessor is owed. When a handler writes
   * more from inside this call and that waits too, the calls still owed come once it is done.
   */
  onDrain(): void
  /** The peer ended its direction: no more bytes arrive. Only where `capabilities.halfClose`. */
  onEnd(): void
  /**
   * Both directions have ended. `reason` is `undefined` after a clean end of both, otherwise why the pipe broke (or
   * what `abort` was given).
   */
  onClose(reason: Error | undefined): void
  /** A resumable pipe lost its connection: nothing moves until `onResume`. Pipes that cannot resume never call it. */
  onSuspend?(): void
  /** A resumable pipe has its connection back. No byte was lost or repeated. */
  onResume?(): void
}

/**
 * An ordered, reliable pipe of bytes with back-pressure: the contract that everything in AstraNet is built on.
 *
 * Transports make them, the multiplexer runs on them, tunnels and resumable connections are them.
 */
export interface ByteDuplex {
  readonly capabilities: ByteDuplexCapabilities
  /** Address of this end as `host:port`, a path, or a name the transport understands. Empty when there is none. */
  readonly localAddress: string
  /** Address of the other end, likewise. */
  readonly remoteAddress: string
  /**
   * What the pipe does against third parties. It never changes. Absent: nothing is known, and the pipe counts as one
   * that others can read and change.
   */
  readonly security?: PipeSecurity
  /**
   * Bytes given to `writev` and not yet handed to the system; bytes that the pipe has copied may count a little
   * longer.
   */
  readonly bufferedBytes: number

  /**
   * Starts delivery to `handler`, or hands the pipe over to another one: every later call goes to the new handler.
   * Bytes that arrived before the first `handle` wait in the pipe; they may be delivered before `handle` returns. May
   * be called from inside a handler's call.
   */
  handle(handler: ByteDuplexHandler): void

  /**
   * Writes all bytes of `chunks`, in order, as one unit of work for the system where it can.
   *
   * Returns `true` when every byte was handed over: the chunks are the caller's again and more can be written now.
   * Returns `false` when some wait: the chunks must not change until `onDrain`. A caller that writes on regardless is
   * buffered for, without a limit, so it should not. After `end`, `abort` or `onClose` the bytes are dropped and it
   * returns `true`.
   */
  writev(chunks: readonly Uint8Array[]): boolean

  /**
   * Calls `callback` once, late in the current turn of the event loop, after the promise callbacks that became due in
   * it. A pipe has it when its bytes leave only once in a turn (TLS on Node.js): one write at that time carries all
   * that the program has written in this turn, and is done even when the program exits before the next turn. Absent:
   * a write leaves equally well at any time.
   */
  readonly defer?: (callback: () => void) => void

  /**
   * Calls `callback` once, right before the pipe hands its next bytes over, late in the current turn of the event loop
   * or in the next one. A pipe has it when it shares a connection with others and its bytes leave with theirs: what the
   * callback writes leaves then too, and not a turn later. The callback need not write. Absent: see {@link defer}.
   */
  readonly beforeFlush?: (callback: () => void) => void

  /**
   * Whether `writev` calls nothing of the handler before it returns: what it causes comes in a later tick, as from a
   * socket of the system. Such a pipe may be written to from within a call of the application. Absent:
   * it may call back.
   */
  readonly callsBackLater?: boolean

  /**
   * How many bytes `writev` can hand over within its call now. Asked before the last `writev` of a process that is about
   * to exit, since what remains is lost. Absent: as many as the system's buffer takes.
   */
  readonly sendableBytes?: number | undefined

  /**
   * For a process that is about to exit, after its last `writev`: blocks until the peer has ended its direction or the
   * connection is gone, at most for `ms`, and drops what arrives meanwhile. When bytes arrive for a process that has
   * exited, the system discards what it has not sent yet. Absent where the pipe cannot block.
   */
  readonly linger?: (ms: number) => void

  /**
   * From now on the pipe does not keep the process alive by being open. Bytes that `writev` has taken and the system
   * has not still do, as for an unref'd `net.Socket`. May be called at any time, and again. Absent if the pipe never
   * keeps a process alive, or cannot change that.
   */
  unref?(): void
  /** Undoes `unref`: while it is open the pipe keeps the process alive, as at first. */
  ref?(): void

  /**
   * Stops `onData` soon: a chunk that is already in flight may still come. For relays; the multiplexer never pauses a
   * pipe.
   */
  pause(): void
  /** Undoes `pause`. */
  resume(): void

  /** Ends the sending direction once everything written has left. Idempotent. */
  end(): void

  /**
   * Breaks the pipe at once, dropping what is buffered; `onClose(reason)` follows, never from inside this call.
   * Idempotent: the first reason counts.
   */
  abort(reason: Error): void
}
