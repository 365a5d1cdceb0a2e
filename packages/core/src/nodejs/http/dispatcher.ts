import type { Agent, buildConnector } from 'undici'
import { checkDialNames, checkDialOptions, type DialOptions } from '../../api/dial-options.js'
import { checkObject } from '../../api/check.js'
import type { HostDialer } from './host-dialer.js'
import { hostAndPort } from './http-agent.js'
import { undici } from './undici.js'
import { withinOption } from '../../api/within-option.js'

/** How a dispatcher opens sockets, and the options of undici's `Agent`. */
export interface DispatcherOptions extends Omit<Agent.Options, 'connect' | 'tls'> {
  /** How each socket is dialed; its `signal` ends the sockets of the dispatcher. Default `{}`. */
  dial?: DialOptions
  /** Options of the TLS connection inside a socket, for URLs of `https:` and `wss:`: `ca`, `servername`, ... */
  tls?: buildConnector.BuildOptions
}

/** @internal Makes an `Agent` of undici. Throws a TypeError or RangeError that names what is wrong in `options`. */
export function createDispatcher(connect: HostDialer, options: DispatcherOptions): Agent {
  const { dial = {}, tls = {}, ...agentOptions } = checkObject('options', options)
  checkDialNames(dial, 'options.dial')
  withinOption('options.dial', () => checkDialOptions(dial))
  const { Agent, buildConnector } = undici()
  const secured = buildConnector({ ...checkObject('options.tls', tls) })
  return new Agent({ ...agentOptions, connect: connector({ connect, dial, secured }) })
}

interface ConnectorParts {
  readonly connect: HostDialer
  readonly dial: DialOptions
  /** Adds TLS to a connected socket. */
  readonly secured: buildConnector.connector
}

function connector({ connect, dial, secured }: ConnectorParts): buildConnector.connector {
  return (options, callback) => {
    const isSecure = options.protocol === 'https:'
    const host = hostAndPort(options.hostname, options.port || (isSecure ? 443 : 80))
    const socket = connect(host, dial)
    const refused = (error: Error): void => callback(error, null)
    socket.once('error', refused)
    socket.once('connect', () => {
      socket.removeListener('error', refused)
      // A socket of AstraNet has what undici uses of a `net.Socket`.
      const httpSocket = socket as unknown as NonNullable<buildConnector.Options['httpSocket']>
      if (isSecure) secured({ ...options, httpSocket }, callback)
      else callback(null, httpSocket)
    })
  }
}
