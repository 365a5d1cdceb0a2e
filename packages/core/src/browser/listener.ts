import type { ListenerQueue } from '../listen/listener-queue.js'
import type { ListenerAddress } from '../api/listener-address.js'
import type { ServiceFacts } from '../api/service-facts.js'
import type { Socket } from './socket.js'

/** A bound port. Streams wait in it until they are accepted, up to `backlog`. */
export class Listener implements AsyncDisposable {
  readonly #queue: ListenerQueue<Socket>

  /** @internal */
  constructor(queue: ListenerQueue<Socket>) {
    this.#queue = queue
  }

  /** Whether it accepts streams. */
  get listening(): boolean {
    return this.#queue.isOpen
  }

  /** Streams that wait to be accepted, including those that their dialers have given up since. */
  get waiting(): number {
    return this.#queue.waiting
  }

  /** Where it listens. */
  address(): ListenerAddress {
    return this.#queue.address()
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
   * Stops accepting: the port is free and the service withdrawn at once, streams that wait are reset, sockets already
   * accepted stay open. Idempotent.
   */
  close(): void {
    this.#queue.close()
  }

  /** Closes the listener. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.close()
  }
}
