import { EventEmitter } from 'node:events'
import type { Arrivals } from '../arrivals.js'
import type { ListenerAddress } from '../listener-address.js'
import { NetError } from '../net-error.js'
import type { Socket } from './socket.js'

interface ListenerEvents {
  connection: [socket: Socket]
  close: []
  error: [error: Error]
}

/**
 * A bound port, with the methods and events of `net.Server`, plus `accept()` and `for await`. Streams wait until there
 * is a `'connection'` handler or somebody accepts, up to `backlog`.
 *
 * Events: `'connection'` (a {@link Socket}), `'close'` once. Not there of `net.Server`: `listen()`, `getConnections()`,
 * `maxConnections`, and the events `'listening'`, `'drop'` and `'error'`: it is handed out listening, and nothing breaks it.
 */
export class Listener extends EventEmitter<ListenerEvents> implements AsyncDisposable {
  readonly #arrivals: Arrivals<Socket>

  /** @internal */
  constructor(arrivals: Arrivals<Socket>) {
    super()
    this.#arrivals = arrivals
    arrivals.taker = {
      isTaking: () => this.listenerCount('connection') > 0,
      take: (socket) => void this.emit('connection', socket),
      closed: () => queueMicrotask(() => this.emit('close')),
    }
    // The event's own type leaves out the events of the emitter itself.
    const emitter: EventEmitter = this
    emitter.on('newListener', (event) => {
      // The handler is there when this event has been dealt with.
      if (event === 'connection') queueMicrotask(() => arrivals.serve())
    })
  }

  /** Whether it accepts streams. */
  get listening(): boolean {
    return this.#arrivals.isOpen
  }

  /** Streams that wait to be accepted, with those that their dialers have given up since. */
  get waiting(): number {
    return this.#arrivals.waiting
  }

  /** What it listens on. */
  address(): ListenerAddress {
    return this.#arrivals.address()
  }

  /**
   * The next socket. Rejects with `ECONNABORTED` when the listener is closed, and with the signal's reason when `signal`
   * aborts.
   */
  accept(options: { signal?: AbortSignal } = {}): Promise<Socket> {
    return this.#arrivals.accept(options)
  }

  /** The sockets, until the listener is closed. */
  [Symbol.asyncIterator](): AsyncGenerator<Socket, void, void> {
    return this.#arrivals.all()
  }

  /**
   * Stops accepting: the port is free and the service withdrawn at once, streams that wait are reset, sockets already
   * accepted live on. Idempotent. `onClosed` is called once `'close'` was emitted, with `ERR_SERVER_NOT_RUNNING` when it
   * was closed before, as for `net.Server`.
   */
  close(onClosed?: (error?: Error) => void): this {
    if (!this.listening) {
      if (onClosed !== undefined) queueMicrotask(() => onClosed(notRunning()))
      return this
    }
    if (onClosed !== undefined) this.once('close', onClosed)
    this.#arrivals.close()
    return this
  }

  /** Does nothing: the links keep a process alive, not the bound ports. */
  ref(): this {
    return this
  }

  /** Does nothing, likewise. */
  unref(): this {
    return this
  }

  /** Closes the listener. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.listening) return
    await new Promise<void>((resolve) => this.close(() => resolve()))
  }
}

function notRunning(): NetError {
  return new NetError('ERR_SERVER_NOT_RUNNING', 'the listener is not listening', {
    syscall: 'close',
    address: '',
  })
}
