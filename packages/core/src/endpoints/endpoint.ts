import type { TransportListener } from '@astranet/interface'

/** Where this node can be joined. */
export class Endpoint implements AsyncDisposable {
  readonly #listener: TransportListener
  readonly #onClose: (endpoint: Endpoint) => void
  /** @internal What others get in place of its own address; `undefined`: that address. */
  readonly advertise: readonly string[] | undefined

  /** @internal */
  constructor(
    listener: TransportListener,
    onClose: (endpoint: Endpoint) => void,
    advertise: readonly string[] | undefined,
  ) {
    this.#listener = listener
    this.#onClose = onClose
    this.advertise = advertise
  }

  /** The network, for example `'tcp4'`. */
  get network(): string {
    return this.#listener.network
  }

  /** The address that others `join`, with the real port where port 0 was asked for. */
  get address(): string {
    return this.#listener.address
  }

  /**
   * It keeps the process alive while it is open, as every endpoint does from the beginning. Without effect where the
   * transport's listeners never keep a process alive.
   */
  ref(): this {
    this.#listener.ref?.()
    return this
  }

  /** It does not keep the process alive any more. */
  unref(): this {
    this.#listener.unref?.()
    return this
  }

  /** Accepts no more nodes; existing links stay. Idempotent; resolves when the address is free. */
  close(): Promise<void> {
    this.#onClose(this)
    return this.#listener.close()
  }

  /** Closes the endpoint. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}
