import { Waiters } from '@astranet/interface'
import { invalidArgument } from '@astranet/interface/check'
import { RefusalReason, StreamPlace } from '@astranet/link'
import { checkOptions, checkSignal } from '../api/check.js'
import type { ListenerAddress } from '../api/listener-address.js'
import { NetError } from '../api/net-error.js'
import { nodeAddress } from '../api/node-address.js'
import { writtenAsText } from '../api/node-ids-as-text.js'
import { SERVICE_FACTS, type ServiceFacts } from '../api/service-facts.js'
import type { Origin } from '../node/origin.js'
import type { SocketFactory } from '../node/socket-factory.js'
import { throwUncaught } from '../node/throw-uncaught.js'
import { Backlog } from './backlog.js'
import type { Binding } from './binding.js'
import type { IncomingSocket } from './incoming-socket.js'
import type { Refusal } from './refusal.js'

/** @internal Takes sockets the moment they arrive, so that they need not be accepted. */
export interface Taker<TSocket> {
  /** Whether it takes sockets now; otherwise they wait to be accepted. */
  isTaking(): boolean
  /** May throw. */
  take(socket: TSocket): void
  /**
   * The port is closed and the last socket that was handed out is destroyed. Called from inside `close` or `destroy`.
   */
  drained(): void
  /** The port is closed: no socket is taken any more. Called from inside `close`. */
  closed?(): void
}

/** The port was closed while the dial was in flight. */
export const NOBODY: Refusal = {
  reason: RefusalReason.CONNECTION_REFUSED,
  text: 'nobody listens on the port',
}
const FULL: Refusal = { reason: RefusalReason.BACKLOG_FULL, text: 'the backlog is full' }

/**
 * @internal The queue of a bound port, for every kind of listener: streams that wait for the application, and calls of
 * `accept` that wait for a stream.
 */
export class ListenerQueue<TSocket> {
  readonly binding: Binding
  /** Set by a listener that takes sockets as they come, and that needs to know when the last one is destroyed. */
  taker: Taker<TSocket> | undefined = undefined
  readonly #factory: SocketFactory<TSocket>
  readonly #nextOrigin: () => Origin
  readonly #waiting: Backlog
  /** Streams that were promised a place and have not arrived. */
  #expected = 0
  readonly #acceptors = new Waiters<undefined, TSocket>()
  #isOpen = true
  /** Sockets that were handed out and not destroyed since, in a runtime whose sockets report that. */
  #sockets = 0

  constructor(binding: Binding, factory: SocketFactory<TSocket>) {
    this.binding = binding
    this.#factory = factory
    this.#nextOrigin = factory.acceptedOrigins(() => this.#socketClosed())
    this.#waiting = new Backlog(binding.backlog)
  }

  /** Whether streams are taken: until `close`. */
  get isOpen(): boolean {
    return this.#isOpen
  }

  /** Streams that wait, including those that their dialers have given up since. */
  get waiting(): number {
    return this.#waiting.size
  }

  /** Sockets that were handed out and are not destroyed. Browsers' sockets do not report their end. */
  get sockets(): number {
    return this.#sockets
  }

  /** Where it is bound. */
  address(): ListenerAddress {
    const { node, port, service } = this.binding
    return writtenAsText({ address: nodeAddress(node), family: 'IPv6', port, node, service })
  }

  /** See `Listener.update`. */
  update(facts: ServiceFacts): void {
    const { port, service, update } = this.binding
    const address = service ?? `:${port}`
    if (service === undefined)
      throw invalidArgument('facts', `is for services, and port ${port} was bound without a name`)
    if (!this.#isOpen)
      throw new NetError('ERR_SERVER_NOT_RUNNING', 'the listener is closed', { syscall: 'update', address })
    update(checkOptions('facts', facts, SERVICE_FACTS))
  }

  /** The next socket. `ECONNABORTED` when the port is closed; the signal's reason when it aborts. */
  async accept(options: { signal?: AbortSignal }): Promise<TSocket> {
    const signal = checkSignal(checkOptions('options', options, { signal: true }).signal)
    signal?.throwIfAborted()
    const socket = this.#next()
    if (socket !== undefined) return socket
    if (!this.#isOpen) throw this.#closedError()
    return await this.#acceptors.wait(undefined, signal)
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
    this.binding.reports.closed(this.binding)
    for (let waiting = this.#waiting.shift(); waiting !== undefined; waiting = this.#waiting.shift())
      waiting.stream.destroy()
    this.#acceptors.fail(this.#closedError())
    this.taker?.closed?.()
    if (this.#sockets === 0) this.taker?.drained()
  }

  /** Whether the next stream has to wait until the application takes it. */
  get isWaitingRoom(): boolean {
    return this.#acceptors.size === 0 && !this.#isTaken()
  }

  /** Why a stream dialed to this port is refused; `undefined` if it is taken. */
  refusal(): Refusal | undefined {
    if (!this.#isOpen) return NOBODY
    // A taker takes each stream as it arrives, so an expected stream will not wait.
    if (this.#isTaken()) return undefined
    const isFull = this.#waiting.isFull(this.#expected - this.#acceptors.size)
    return isFull ? FULL : undefined
  }

  /** Keeps a place for a stream that {@link refusal} did not refuse and that arrives later. The result gives it up. */
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
    this.binding.reports.accepted(this.binding, incoming.ends)
    this.#waiting.push(incoming)
    this.serve()
  }

  /** Hands out waiting streams, as long as there is a taker or a call of `accept`. */
  serve(): void {
    while (this.#isTaken()) {
      const socket = this.#next()
      if (socket === undefined) return
      this.#handOver(socket)
    }
    if (this.#acceptors.size > 0) this.#acceptors.serve(() => this.#next())
  }

  #isTaken(): boolean {
    return this.taker?.isTaking() === true
  }

  /** An error of the taker is an uncaught exception of the program; this socket and the next ones are not affected. */
  #handOver(socket: TSocket): void {
    try {
      this.taker?.take(socket)
    } catch (error) {
      throwUncaught(error)
    }
  }

  #next(): TSocket | undefined {
    const incoming = this.#waiting.shift()
    return incoming === undefined ? undefined : this.#wrap(incoming)
  }

  #wrap({ stream, ends, identity, initialBytes }: IncomingSocket): TSocket {
    if (stream.context instanceof StreamPlace) stream.context.release()
    this.#sockets += 1
    const { socketOptions: options } = this.binding
    const origin = this.#nextOrigin()
    return this.#factory.socket(stream, { ends, identity, initialBytes, options, origin })
  }

  #socketClosed(): void {
    this.#sockets -= 1
    if (this.#sockets === 0 && !this.#isOpen) this.taker?.drained()
  }

  #closedError(): NetError {
    const { port, service } = this.binding
    const address = service ?? `:${port}`
    return new NetError('ECONNABORTED', 'the listener was closed', { syscall: 'accept', address })
  }
}
