import { onAbort, type NodeId } from '@astranet/interface'
import { RefusalReason } from '@astranet/link'
import type { Stream } from '@astranet/mux'
import { Backlog } from './backlog.js'
import { checkOptions, checkSignal } from '../api/check.js'
import type { ListenerAddress } from '../api/listener-address.js'
import { NetError } from '../api/net-error.js'
import { nodeAddress } from '../api/node-address.js'
import type { Origin } from '../node/origin.js'
import type { Platform } from '../node/platform.js'
import type { SocketEnds } from '../api/socket-ends.js'
import type { CheckedSocketOptions } from '../api/socket-options.js'

/** @internal A stream that was dialed to a bound port and waits for the application. */
export interface IncomingSocket {
  readonly stream: Stream
  readonly ends: SocketEnds
  readonly rest: Uint8Array | undefined
  /** Whether {@link Arrivals.expect} announced it. */
  readonly isExpected?: boolean
}

/** @internal What is bound, and how. */
export interface Binding {
  readonly node: NodeId
  readonly port: number
  readonly service: string | undefined
  readonly environment: string
  readonly backlog: number
  readonly socketOptions: CheckedSocketOptions
  /** Frees the port and withdraws the service. */
  release(): void
}

/** @internal Takes sockets the moment they arrive, so that they need not be accepted. */
export interface Taker<TSocket> {
  /** Whether it takes any now; otherwise they wait to be accepted. */
  isTaking(): boolean
  /** May throw. */
  take(socket: TSocket): void
  /** The port is closed and the last socket that was handed out is destroyed. Called from inside `close` or `destroy`. */
  drained(): void
}

interface Waiter<TSocket> {
  resolve(socket: TSocket): void
  reject(error: Error): void
}

/**
 * @internal A bound port, whatever its listener looks like: streams that wait for the application, and calls of the
 * application that wait for a stream.
 */
export class Arrivals<TSocket> {
  readonly binding: Binding
  /** Who can take sockets as they come, and wants to hear of the end. */
  taker: Taker<TSocket> | undefined = undefined
  readonly #platform: Platform<TSocket, unknown>
  readonly #origin: Origin
  readonly #waiting: Backlog
  /** Streams that were promised a place and are on their way. */
  #expected = 0
  readonly #acceptors = new Set<Waiter<TSocket>>()
  #isOpen = true
  /** Sockets that were handed out and not destroyed since, on a platform whose sockets tell. */
  #sockets = 0

  constructor(binding: Binding, platform: Platform<TSocket, unknown>) {
    this.binding = binding
    this.#platform = platform
    this.#origin = platform.acceptedOrigin(() => this.#socketClosed())
    this.#waiting = new Backlog(binding.backlog)
  }

  /** Whether streams are taken: until `close`. */
  get isOpen(): boolean {
    return this.#isOpen
  }

  /** Streams that wait, with those that their dialers have given up since. */
  get waiting(): number {
    return this.#waiting.size
  }

  /** Sockets that were handed out and are not destroyed. Browsers' sockets do not tell of their end. */
  get sockets(): number {
    return this.#sockets
  }

  /** Where it is bound. */
  address(): ListenerAddress {
    const { node, port, service } = this.binding
    return { address: nodeAddress(node), family: 'IPv6', port, node, service }
  }

  /** The next socket. `ECONNABORTED` when the port is closed; the signal's reason when it aborts. */
  async accept(options: { signal?: AbortSignal }): Promise<TSocket> {
    const signal = checkSignal(checkOptions(options).signal)
    signal?.throwIfAborted()
    const incoming = this.#waiting.shift()
    if (incoming !== undefined) return this.#dress(incoming)
    if (!this.#isOpen) throw this.#closedError()
    return await this.#wait(signal)
  }

  /** The sockets, until the port is closed. */
  async *all(): AsyncGenerator<TSocket, void, void> {
    while (this.#isOpen || this.waiting > 0) {
      try {
        yield await this.accept({})
      } catch (error) {
        if (this.#isOpen) throw error
        return
      }
    }
  }

  /** Frees the port and resets the streams that wait. Idempotent. */
  close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.binding.release()
    for (let waiting = this.#waiting.shift(); waiting !== undefined; waiting = this.#waiting.shift())
      waiting.stream.destroy()
    for (const acceptor of this.#acceptors) acceptor.reject(this.#closedError())
    this.#acceptors.clear()
    if (this.#sockets === 0) this.taker?.drained()
  }

  /** Whether a stream dialed to this port is taken; if not, why. */
  refusal(): RefusalReason | undefined {
    if (!this.#isOpen) return RefusalReason.CONNECTION_REFUSED
    // A taker takes each stream as it comes: what is on its way will not wait.
    if (this.#isTaken()) return undefined
    const isFull = this.#waiting.isFull(this.#expected - this.#acceptors.size)
    return isFull ? RefusalReason.BACKLOG_FULL : undefined
  }

  /** Keeps a place for a stream that {@link refusal} did not refuse and that comes later. Returns how to give it up. */
  expect(): () => void {
    this.#expected += 1
    return () => (this.#expected -= 1)
  }

  /** Takes a stream that {@link refusal} did not refuse and that was answered. */
  take(incoming: IncomingSocket): void {
    if (incoming.isExpected === true) this.#expected -= 1
    if (!this.#isOpen) {
      incoming.stream.destroy()
      return
    }
    this.#waiting.push(incoming)
    this.serve()
  }

  /** Hands out what waits, as far as somebody wants it. */
  serve(): void {
    while (this.#isTaken() || this.#acceptors.size > 0) {
      const incoming = this.#waiting.shift()
      if (incoming === undefined) return
      const socket = this.#dress(incoming)
      if (this.#isTaken()) {
        this.#handOver(socket)
        continue
      }
      const [acceptor] = this.#acceptors
      if (acceptor === undefined) return
      this.#acceptors.delete(acceptor)
      acceptor.resolve(socket)
    }
  }

  #isTaken(): boolean {
    return this.taker?.isTaking() === true
  }

  /** What a taker throws is an uncaught exception of the program: the socket and those behind it have no part in it. */
  #handOver(socket: TSocket): void {
    try {
      this.taker?.take(socket)
    } catch (error) {
      queueMicrotask(() => {
        throw error
      })
    }
  }

  #dress({ stream, ends, rest }: IncomingSocket): TSocket {
    this.#sockets += 1
    const { socketOptions: options } = this.binding
    return this.#platform.socket(stream, { ends, rest, options, origin: this.#origin })
  }

  #socketClosed(): void {
    this.#sockets -= 1
    if (this.#sockets === 0 && !this.#isOpen) this.taker?.drained()
  }

  #wait(signal: AbortSignal | undefined): Promise<TSocket> {
    return new Promise((resolve, reject) => {
      const done = onAbort(signal, () => {
        this.#acceptors.delete(acceptor)
        reject(signal?.reason as Error)
      })
      const acceptor: Waiter<TSocket> = {
        resolve: (socket) => (done(), resolve(socket)),
        reject: (error) => (done(), reject(error)),
      }
      this.#acceptors.add(acceptor)
    })
  }

  #closedError(): NetError {
    const { port, service } = this.binding
    const address = service ?? `:${port}`
    return new NetError('ECONNABORTED', 'the listener was closed', { syscall: 'accept', address })
  }
}
