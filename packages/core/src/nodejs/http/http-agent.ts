import { Agent, type AgentOptions, type ClientRequestArgs } from 'node:http'
import type { Duplex } from 'node:stream'
import { checkDialOptions, type DialOptions } from '../../api/dial-options.js'
import { checkOptions } from '../../api/check.js'
import type { HostDialer } from './host-dialer.js'

/** How an agent opens sockets, and the options of `http.Agent`, with Node's defaults: `keepAlive` is off. */
export interface HttpAgentOptions extends AgentOptions {
  /** How each socket is dialed; its `signal` ends the sockets of the agent. Default `{}`. */
  dial?: DialOptions
}

/** An `http.Agent` whose sockets are streams to services: the host of a request is a service's name or a node's id. */
export class HttpAgent extends Agent {
  readonly #connect: HostDialer
  readonly #dial: DialOptions

  /** @internal Throws a TypeError or RangeError that names what is wrong in `options`. */
  constructor(connect: HostDialer, options: HttpAgentOptions) {
    const { dial = {}, ...agentOptions } = checkOptions(options)
    checkDialOptions(checkOptions(dial, 'dial'))
    super(agentOptions)
    this.#connect = connect
    this.#dial = dial
  }

  /**
   * The socket of a new connection. It is there before it is connected, so the agent counts it at once, and opens no
   * more than `maxSockets`.
   */
  override createConnection({ host, port, timeout }: ClientRequestArgs): Duplex {
    const socket = this.#connect(hostAndPort(host ?? 'localhost', port ?? 80), this.#dial)
    // `net.connect` does this for the agents of Node, which rely on it.
    if (timeout) socket.setTimeout(timeout)
    return socket
  }
}

/** As a URL writes both. */
export function hostAndPort(host: string, port: string | number): string {
  return port === '' ? host : `${host}:${port}`
}
