import type { Connection, Transport, TransportListener } from '@astranet/interface'
import type { Peers } from './peers.js'

/** Where this node can be joined. */
export class Endpoint implements AsyncDisposable {
  readonly #listener: TransportListener

  /** @internal */
  constructor(listener: TransportListener) {
    this.#listener = listener
  }

  /** The network, for example `'tcp4'`. */
  get network(): string {
    return this.#listener.network
  }

  /** The address, with the port really given where 0 was asked for: what others `join`. */
  get address(): string {
    return this.#listener.address
  }

  /** Accepts no more nodes; links that are there stay. Idempotent. */
  close(): Promise<void> {
    return this.#listener.close()
  }

  /** Closes the endpoint. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

/** @internal Listens and makes a link of each connection. */
export async function listen(
  transport: Transport,
  peers: Peers,
  where: { network: string; address: string },
): Promise<Endpoint> {
  const onConnection = (connection: Connection): void => {
    // What goes wrong with one connection before it is a link concerns its dialer, who is told.
    peers.adopt(connection, 'acceptor').catch(() => undefined)
  }
  return new Endpoint(await transport.listen(where.network, where.address, { onConnection }))
}

/** Whether an address names only this machine. */
export function isLoopbackAddress(address: string): boolean {
  return /^(127\.|\[?::1\]?:|localhost:)/.test(address)
}
