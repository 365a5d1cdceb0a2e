import { AsyncResource } from 'node:async_hooks'
import { captureRejectionSymbol, EventEmitter } from 'node:events'
import type { ListenerQueue } from '../listen/listener-queue.js'
import type { ListenerAddress } from '../api/listener-address.js'
import type { ServiceFacts } from '../api/service-facts.js'
import { NetError } from '../api/net-error.js'
import { whilePending } from '../node/keep-alive.js'
import { keepAlive } from './keep-alive.js'
import type { Socket } from './socket.js'

interface ListenerEvents {
  connection: [socket: Socket]
  close: []
  error: [error: Error]
}

/**
 * A bound port, with the methods and events of `net.Server`, plus `accept()` and `for await`. Streams wait until there
 * is a `'connection'` handler or a call of `accept`, up to `backlog`.
 *
 * Events: `'connection'` (a {@link Socket}), in the async context of `bind`; `'close'` once the port is closed and
 * all sockets that were handed out are destroyed. With `events.captureRejections` a socket whose async `'connection'`
 * handler rejects is destroyed with the error. It does not have `listen()`, `maxConnections`, and the events
 * `'listening'`, `'drop'` and `'error'` of `net.Server`: it listens from the start, and nothing can break it.
 */
export class Listener extends EventEmitter<ListenerEvents> implements AsyncDisposable {
  /** @internal Called once, when it takes no new streams any more. */
  onStopped: (() => void) | undefined = undefined
  readonly #queue: ListenerQueue<Socket>
  #isUnref = false

  /** @internal */
  constructor(queue: ListenerQueue<Socket>) {
    super()
    this.#queue = queue
    const context = new AsyncResource('ASTRANET_LISTENER', { requireManualDestroy: true })
    queue.taker = {
      isTaking: () => this.listenerCount('connection') > 0,
      take: (socket) => void context.runInAsyncScope(this.emit, this, 'connection', socket),
      drained: () => this.#emitClose(),
      closed: () => {
        this.unref()
        this.onStopped?.()
      },
    }
    keepAlive.hold()
    // The type of the events does not contain those of the emitter itself.
    const emitter: EventEmitter = this
    // A method of `net.Server`. The compiler cannot declare it in a class, because of its name.
    emitter[captureRejectionSymbol] = (error, event, socket: Socket) => {
      if (event === 'connection') socket.destroy(error)
      else emitter.emit('error', error)
    }
    emitter.on('newListener', (event) => {
      // The handler is added after this event.
      if (event === 'connection') queueMicrotask(() => queue.serve())
    })
  }

  /** Whether it accepts streams. */
  get listening(): boolean {
    return this.#queue.isOpen
  }

  /** Streams that wait to be accepted, including those that their dialers have given up since. */
  get waiting(): number {
    return this.#queue.waiting
  }

  /** @internal How many sockets were handed out and are not destroyed. */
  get openSockets(): number {
    return this.#queue.sockets
  }

  /** Where it listens; `null` once it is closed, as for `net.Server`. */
  address(): ListenerAddress | null {
    return this.listening ? this.#queue.address() : null
  }

  /**
   * How many sockets were handed out and are not destroyed. `callback` is called in a later turn, as for
   * `net.Server`.
   */
  getConnections(callback: (error: Error | null, count: number) => void): this {
    process.nextTick(callback, null, this.#queue.sockets)
    return this
  }

  /**
   * Changes what is published with the service, in place: `update({ weight: 0 })` makes it a standby, sockets stay
   * open, and nobody sees it go. What is left out stays as it is. Throws a TypeError or RangeError that names what is
   * wrong, a TypeError when the listener has a port but no service, and `ERR_SERVER_NOT_RUNNING` when it is closed.
   */
  update(facts: ServiceFacts): void {
    this.#queue.update(facts)
  }

  /**
   * The next socket. Rejects with `ECONNABORTED` when the listener is closed, and with the signal's reason when
   * `signal` aborts.
   */
  accept(options: { signal?: AbortSignal } = {}): Promise<Socket> {
    return this.#queue.accept(options)
  }

  /** The sockets, until the listener is closed. */
  [Symbol.asyncIterator](): AsyncGenerator<Socket, void, void> {
    return this.#queue.all()
  }

  /**
   * Stops accepting, as `net.Server` does: the port is free and the service withdrawn at once, streams that wait are
   * reset, and sockets that were handed out stay open. `'close'` is emitted, and `onClosed` called, when the last of
   * these is destroyed, which may be now. Each further call emits `'close'` once more, and its `onClosed` gets
   * `ERR_SERVER_NOT_RUNNING`.
   */
  close(onClosed?: ((error?: Error) => void) | null): this {
    const isRunning = this.listening
    if (typeof onClosed === 'function')
      this.once('close', isRunning ? onClosed : () => onClosed(notRunning()))
    if (isRunning) this.#queue.close()
    else if (this.#queue.sockets === 0) this.#emitClose()
    return this
  }

  /** It keeps the process alive again while it listens, as every listener does. */
  ref(): this {
    if (this.#isUnref && this.listening) {
      this.#isUnref = false
      keepAlive.hold()
    }
    return this
  }

  /** It does not keep the process alive any more, also not while `accept` waits. */
  unref(): this {
    if (!this.#isUnref) keepAlive.release()
    this.#isUnref = true
    return this
  }

  /** Closes the listener; resolves when the sockets that were handed out are destroyed. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.listening) return
    await whilePending(keepAlive, new Promise<void>((resolve) => this.close(() => resolve())))
  }

  #emitClose(): void {
    process.nextTick(() => this.emit('close'))
  }
}

function notRunning(): NetError {
  return new NetError('ERR_SERVER_NOT_RUNNING', 'the listener is not listening', {
    syscall: 'close',
    address: '',
  })
}
