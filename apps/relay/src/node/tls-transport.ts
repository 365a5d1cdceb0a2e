import type {
  Connection,
  DialOptions,
  ListenOptions,
  Transport,
  TransportListener,
} from '@astranet/interface'
import { tcp, type TlsOptions } from '@astranet/transport-tcp'

/** The network of TCP with TLS: a node has one transport for each network, and `tcp` is without TLS here. */
const TLS_NETWORK = 'tls'

/** TCP with TLS under a network name of its own. */
export class TlsTransport implements Transport {
  readonly networks: readonly string[] = [TLS_NETWORK]
  readonly #tcp: Transport

  constructor(tls: TlsOptions) {
    this.#tcp = tcp({ tls })
  }

  dial(_network: string, address: string, options?: DialOptions): Promise<Connection> {
    return this.#tcp.dial('tcp', address, options)
  }

  async listen(_network: string, address: string, options: ListenOptions): Promise<TransportListener> {
    const listener = await this.#tcp.listen('tcp', address, options)
    return {
      network: TLS_NETWORK,
      address: listener.address,
      isAuthenticated: listener.isAuthenticated === true,
      isLocal: listener.isLocal === true,
      close: () => listener.close(),
    }
  }
}
