import { toError, type Connection, type Transport, type TransportListener } from '@astranet/interface'
import { checkFunction } from '@astranet/interface/check'
import { checkOptions } from '../api/check.js'
import type { ListenAndServeOptions } from '../api/listen-and-serve-options.js'
import { nodeClosed } from '../api/net-error.js'
import type { LinkMaker } from '../links/link-maker.js'
import type { CodeCounts } from '../node/code-counts.js'
import type { MachineWatch } from '../node/machine-watch.js'
import {
  advertisedAddresses,
  canBeAdvertised,
  checkAdvertise,
  isOnAllInterfaces,
  MAX_ADVERTISED_ADDRESSES,
} from './advertised-addresses.js'
import { Endpoint } from './endpoint.js'
import type { EndpointReports, ReportSite } from './endpoint-reports.js'

/** What {@link Endpoints} needs of its node. */
export interface EndpointsParts {
  readonly maker: LinkMaker
  /** Whether each peer must prove that it knows a secret. */
  readonly hasSecret: boolean
  readonly reports: EndpointReports
  readonly hostAddresses: () => readonly string[]
  /** Reports when those have changed. */
  readonly machine: Pick<MachineWatch, 'watchNetwork'>
  /** {@link Endpoints.addresses} has changed. */
  readonly onChange: () => void
}

/** A network and an address of it. */
interface Where {
  readonly network: string
  readonly address: string
}

/** The endpoints of a node. */
export class Endpoints {
  readonly #parts: EndpointsParts
  readonly #open = new Set<Endpoint>()
  /** Listeners that are being made. */
  readonly #pending = new Set<Promise<Endpoint>>()
  #isClosed = false
  /** Made of the machine's addresses when these last changed, or when an endpoint was last opened or closed. */
  #addresses: readonly string[] = []
  /** Those at which it listens itself, whatever it advertises. */
  #ownAddresses: readonly string[] = []
  /** There is an endpoint on all interfaces of the machine, so the machine's addresses are watched. */
  #unwatch: (() => void) | undefined = undefined
  readonly #onClose = (endpoint: Endpoint): void => {
    if (this.#open.delete(endpoint)) this.#changed()
  }

  constructor(parts: EndpointsParts) {
    this.#parts = parts
  }

  /** The addresses that other nodes get: `network://address`, the first 16 that fit. */
  get addresses(): readonly string[] {
    return this.#addresses
  }

  /** The same with the addresses at which this machine listens where it advertises others. */
  get allAddresses(): readonly string[] {
    return [...new Set([...this.#addresses, ...this.#ownAddresses])]
  }

  /** How many accepted connections became no link, by the error's code. */
  get refusals(): CodeCounts {
    return this.#parts.reports.refusals
  }

  /** Those that are open. */
  get open(): Iterable<Endpoint> {
    return this.#open
  }

  /** Listens, and makes a link of each connection. Rejects with `ECONNABORTED` when the node is closed meanwhile. */
  async listen(transport: Transport, where: Where, options: ListenAndServeOptions): Promise<Endpoint> {
    const listening = this.#listen(transport, where, options)
    this.#pending.add(listening)
    try {
      return await listening
    } finally {
      this.#pending.delete(listening)
    }
  }

  /** Closes all endpoints and opens no more; resolves when all addresses are free, also those of pending listeners. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#parts.reports.silence()
    await Promise.all([...this.#open].map((endpoint) => endpoint.close()))
    await Promise.allSettled(this.#pending)
  }

  /** An endpoint was opened or closed. */
  #changed(): void {
    if (![...this.#open].some(isOnAllInterfaces)) {
      this.#unwatch?.()
      this.#unwatch = undefined
    } else this.#unwatch ??= this.#parts.machine.watchNetwork(() => this.#advertise())
    this.#advertise()
  }

  #advertise(): void {
    const { hostAddresses, onChange } = this.#parts
    const host = hostAddresses()
    const own = [...this.#open].map((endpoint) => ({ endpoint, found: advertisedAddresses(endpoint, host) }))
    this.#ownAddresses = own.flatMap(({ found }) => found)
    this.#addresses = [...new Set(own.flatMap(({ endpoint, found }) => endpoint.advertise ?? found))]
      .filter(canBeAdvertised)
      .slice(0, MAX_ADVERTISED_ADDRESSES)
    onChange()
  }

  async #listen(
    transport: Transport,
    { network, address }: Where,
    options: ListenAndServeOptions,
  ): Promise<Endpoint> {
    const { maker, hasSecret, reports } = this.#parts
    const { onError, advertise } = checkOptions('options', options, { onError: true, advertise: true })
    if (onError !== undefined) checkFunction('options.onError', onError)
    const advertised = advertise === undefined ? undefined : checkAdvertise(advertise)
    const site: ReportSite = { network, address, onError }
    const listener = await transport.listen(network, address, {
      onConnection: (connection: Connection) => {
        maker
          .adopt(connection, 'acceptor')
          .catch((cause: unknown) => reports.refused(site, connection, toError(cause)))
      },
      onError: (error) => reports.failed(site, error),
    })
    if (this.#isClosed) {
      await listener.close()
      throw nodeClosed('listen', address)
    }
    site.address = listener.address
    const endpoint = new Endpoint(listener, this.#onClose, advertised)
    this.#open.add(endpoint)
    this.#changed()
    if (!hasSecret && isOpenToAll(listener)) reports.unprotected(network, endpoint.address)
    return endpoint
  }
}

/** Whether everything on other machines can connect. */
function isOpenToAll(listener: TransportListener): boolean {
  return listener.isAuthenticated !== true && listener.isLocal !== true
}
