import { EventEmitter } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { NodeId } from '@astranet/interface'
import { RefusalReason } from '@astranet/link'
import type { Stream } from '@astranet/mux'
import { onAbort } from './abort-listeners.js'
import { Backlog } from './backlog.js'
import { checkOptions, checkSignal } from './check.js'
import { NetError } from './net-error.js'
import { nodeAddress } from './node-address.js'
import { Socket, type SocketEnds } from './socket.js'

/** How to bind. */
export interface BindOptions {
  /**
   * Streams that may wait to be accepted; more are refused (`ECONNREFUSED` to the dialer), once those that their dialers
   * have given up have made room. 1 to 2^31 - 1. Default 65,536.
   */
  backlog?: number
  /** When false, the end of the dialer's direction ends the other as well. Default false, as for `net.Server`. */
  allowHalfOpen?: boolean
  /** Told with the service to whoever looks for it: at most 32 texts of 1 to 255 bytes. Default none. */
  tags?: readonly string[]
  /** How much of the dials this instance should get beside others of its name: 0 (standby) to 65,535. Default 1. */
  weight?: number
  /** Aborting it closes the listener, as for `net.Server`. */
  signal?: AbortSignal
}

/** What a bound listener listens on, in the form of `net.Server`'s and with what AstraNet adds. */
export interface ListenerAddress extends AddressInfo {
  readonly family: 'IPv6'
  readonly node: NodeId
  /** The service's name, where one was bound. */
  readonly service: string | undefined
}

/** @internal A stream that was dialed to this listener and waits for the application. */
export interface IncomingSocket {
  readonly stream: Stream
  readonly ends: SocketEnds
  readonly rest: Uint8Array | undefined
  /** Whether {@link Listener.expect} announced it. */
  readonly isExpected?: boolean
}

/** @internal What a listener needs of its node. */
export interface ListenerBinding {
  readonly node: NodeId
  readonly port: number
  readonly service: string | undefined
  readonly environment: string
  readonly backlog: number
  readonly allowHalfOpen: boolean
  /** Frees the port and withdraws the service. */
  release(): void
}

interface ListenerEvents {
  connection: [socket: Socket]
  close: []
  error: [error: Error]
}

interface Waiter {
  resolve(socket: Socket): void
  reject(error: Error): void
}

/**
 * A bound port, with the methods and events of `net.Server`, plus `accept()` and `for await`. Streams wait until there
 * is a `'connection'` handler or somebody accepts, up to `backlog`.
 *
 * Events: `'connection'` (a {@link Socket}), `'close'` once. Not there of `net.Server`: `listen()`, `getConnections()`,
 * `maxConnections`, and the events `'listening'`, `'drop'` and `'error'`: it is handed out listening, and nothing breaks it.
 */
export class Listener extends EventEmitter<ListenerEvents> implements AsyncDisposable {
  readonly #binding: ListenerBinding
  readonly #waiting: Backlog
  /** Streams that were promised a place and are on their way. */
  #expected = 0
  readonly #acceptors = new Set<Waiter>()
  #isListening = true

  /** @internal */
  constructor(binding: ListenerBinding) {
    super()
    this.#binding = binding
    this.#waiting = new Backlog(binding.backlog)
    // The event's own type leaves out the events of the emitter itself.
    const emitter: EventEmitter = this
    emitter.on('newListener', (event) => {
      // The handler is there when this event has been dealt with.
      if (event === 'connection') queueMicrotask(() => this.#serve())
    })
  }

  /** Whether it accepts streams. */
  get listening(): boolean {
    return this.#isListening
  }

  /** Streams that wait to be accepted, with those that their dialers have given up since. */
  get waiting(): number {
    return this.#waiting.size
  }

  /** What it listens on. */
  address(): ListenerAddress {
    const { node, port, service } = this.#binding
    return { address: nodeAddress(node), family: 'IPv6', port, node, service }
  }

  /**
   * The next socket. Rejects with `ECONNABORTED` when the listener is closed, and with the signal's reason when `signal`
   * aborts.
   */
  async accept(options: { signal?: AbortSignal } = {}): Promise<Socket> {
    const signal = checkSignal(checkOptions(options).signal)
    signal?.throwIfAborted()
    const incoming = this.#waiting.shift()
    if (incoming !== undefined) return this.#open(incoming)
    if (!this.#isListening) throw this.#closedError()
    return await this.#wait(signal)
  }

  /** The sockets, until the listener is closed. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Socket, void, void> {
    while (this.#isListening || this.waiting > 0) {
      try {
        yield await this.accept()
      } catch (error) {
        if (this.#isListening) throw error
        return
      }
    }
  }

  /**
   * Stops accepting: the port is free and the service withdrawn at once, streams that wait are reset, sockets already
   * accepted live on. Idempotent. `onClosed` is called once `'close'` was emitted, with `ERR_SERVER_NOT_RUNNING` when it
   * was closed before, as for `net.Server`.
   */
  close(onClosed?: (error?: Error) => void): this {
    if (!this.#isListening) {
      if (onClosed !== undefined) queueMicrotask(() => onClosed(notRunning()))
      return this
    }
    this.#isListening = false
    if (onClosed !== undefined) this.once('close', onClosed)
    this.#binding.release()
    for (let waiting = this.#waiting.shift(); waiting !== undefined; waiting = this.#waiting.shift())
      waiting.stream.destroy()
    for (const acceptor of this.#acceptors) acceptor.reject(this.#closedError())
    this.#acceptors.clear()
    queueMicrotask(() => this.emit('close'))
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
    if (!this.#isListening) return
    await new Promise<void>((resolve) => this.close(() => resolve()))
  }

  /** @internal What it offers. */
  get offer(): { readonly service: string | undefined; readonly environment: string } {
    return this.#binding
  }

  /** @internal Whether a stream dialed to this port is taken; if not, why. */
  refusal(): RefusalReason | undefined {
    if (!this.#isListening) return RefusalReason.CONNECTION_REFUSED
    // A handler takes each stream as it comes: what is on its way will not wait.
    if (this.listenerCount('connection') > 0) return undefined
    const isFull = this.#waiting.isFull(this.#expected - this.#acceptors.size)
    return isFull ? RefusalReason.BACKLOG_FULL : undefined
  }

  /** @internal Keeps a place for a stream that {@link refusal} did not refuse and that comes later. Returns how to give it up. */
  expect(): () => void {
    this.#expected += 1
    return () => (this.#expected -= 1)
  }

  /** @internal Takes a stream that {@link refusal} did not refuse and that was answered. */
  take(incoming: IncomingSocket): void {
    if (incoming.isExpected === true) this.#expected -= 1
    if (!this.#isListening) {
      incoming.stream.destroy()
      return
    }
    this.#waiting.push(incoming)
    this.#serve()
  }

  #serve(): void {
    while (this.listenerCount('connection') > 0 || this.#acceptors.size > 0) {
      const incoming = this.#waiting.shift()
      if (incoming === undefined) return
      const socket = this.#open(incoming)
      if (this.listenerCount('connection') > 0) {
        this.#emitConnection(socket)
        continue
      }
      const [acceptor] = this.#acceptors
      if (acceptor === undefined) return
      this.#acceptors.delete(acceptor)
      acceptor.resolve(socket)
    }
  }

  /** A handler that throws is the program's to hear of; those that wait behind are served all the same. */
  #emitConnection(socket: Socket): void {
    let hasReturned = false
    try {
      this.emit('connection', socket)
      hasReturned = true
    } finally {
      if (!hasReturned) queueMicrotask(() => this.#serve())
    }
  }

  #open(incoming: IncomingSocket): Socket {
    return new Socket(incoming.stream, incoming.ends, incoming.rest, this.#binding.allowHalfOpen)
  }

  #wait(signal: AbortSignal | undefined): Promise<Socket> {
    return new Promise((resolve, reject) => {
      const done = onAbort(signal, () => {
        this.#acceptors.delete(acceptor)
        reject(signal?.reason as Error)
      })
      const acceptor: Waiter = {
        resolve: (socket) => (done(), resolve(socket)),
        reject: (error) => (done(), reject(error)),
      }
      this.#acceptors.add(acceptor)
    })
  }

  #closedError(): NetError {
    const { port, service } = this.#binding
    const address = service ?? `:${port}`
    return new NetError('ECONNABORTED', 'the listener was closed', { syscall: 'accept', address })
  }
}

function notRunning(): NetError {
  return new NetError('ERR_SERVER_NOT_RUNNING', 'the listener is not listening', {
    syscall: 'close',
    address: '',
  })
}
