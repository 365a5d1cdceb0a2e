import type { Connection, Transport, TransportListener } from '@astranet/interface'
import { check } from './assert.js'
import { Probe } from './probe.js'
import type { TransportSuiteOptions } from './transport-suite-options.js'
import { turn } from './turn.js'

/** The most turns until closed sockets have left the event loop. */
const CLOSING_TURNS = 1_000

/** A listener and what it accepted. */
export interface ListenerProbe {
  readonly listener: TransportListener
  /** The next connection that it accepts, in the order of their arrival. */
  accept(): Promise<Connection>
  /** Connections accepted so far. */
  readonly accepted: readonly Connection[]
}

/** A transport under test, and all that was made with it. */
export class TransportProbe {
  readonly options: TransportSuiteOptions
  readonly transport: Transport
  readonly #listeners: TransportListener[] = []
  readonly #connections: Connection[] = []
  readonly #probes: Probe[] = []

  constructor(options: TransportSuiteOptions) {
    this.options = options
    this.transport = options.createTransport()
  }

  get violations(): string[] {
    return this.#probes.flatMap((probe) => probe.violations)
  }

  /** A probe that handles `connection` from now on. */
  probe(connection: Connection): Probe {
    const probe = Probe.on(connection)
    this.#probes.push(probe)
    return probe
  }

  async dial(address: string): Promise<Connection> {
    const connection = await this.transport.dial(this.options.network, address)
    this.#connections.push(connection)
    return connection
  }

  async listen(address: string = this.options.listenAddress): Promise<ListenerProbe> {
    const accepted: Connection[] = []
    const waiting: ((connection: Connection) => void)[] = []
    let next = 0
    const listener = await this.transport.listen(this.options.network, address, {
      onConnection: (connection) => {
        this.#connections.push(connection)
        const index = accepted.push(connection) - 1
        waiting[index]?.(connection)
      },
    })
    this.#listeners.push(listener)
    const accept = (): Promise<Connection> => {
      const index = next++
      const connection = accepted[index]
      return connection === undefined
        ? new Promise((resolve) => (waiting[index] = resolve))
        : Promise.resolve(connection)
    }
    return { listener, accept, accepted }
  }

  /** Two ends of a new connection. */
  async connect(): Promise<{ readonly a: Connection; readonly b: Connection }> {
    const { listener, accept } = await this.listen()
    const [a, b] = await Promise.all([this.dial(listener.address), accept()])
    return { a, b }
  }

  async closeListeners(): Promise<void> {
    await Promise.all(this.#listeners.map((listener) => listener.close()))
  }

  /** Ends everything, and checks that no more sockets are open than before. */
  async close(socketsBefore: number): Promise<void> {
    await this.closeListeners()
    for (const connection of this.#connections) {
      const probe = this.#probes.findLast(({ duplex }) => duplex === connection) ?? this.probe(connection)
      connection.abort(new Error('the test is over'))
      connection.resume()
      await probe.closed()
    }
    for (let index = 0; openSockets() > socketsBefore && index < CLOSING_TURNS; index++) await turn()
    check(openSockets() <= socketsBefore, `sockets left open: ${openSockets() - socketsBefore}`)
  }
}

/** How many sockets and servers keep the process alive; 0 in runtimes that do not report it. */
export function openSockets(): number {
  const { process } = globalThis as { process?: { getActiveResourcesInfo?: () => string[] } }
  const resources = process?.getActiveResourcesInfo?.() ?? []
  return resources.filter((name) => /^(TCP|Pipe|TLS|GetAddrInfo)/.test(name)).length
}
