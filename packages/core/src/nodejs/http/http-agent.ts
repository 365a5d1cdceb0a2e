import type { Agent, AgentOptions } from 'node:http'
import { checkDialNames, checkDialOptions, type DialOptions } from '../../api/dial-options.js'
import { checkObject } from '../../api/check.js'
import type { HostDialer } from './host-dialer.js'
import { withinOption } from '../../api/within-option.js'

/** How an agent opens sockets, and the options of `http.Agent`, with Node's defaults: `keepAlive` is off. */
export interface HttpAgentOptions extends AgentOptions {
  /** How each socket is dialed; its `signal` ends the sockets of the agent. Default `{}`. */
  dial?: DialOptions
}

/** An `http.Agent` whose sockets are streams to services: the host of a request is a service's name or a node's id. */
export type HttpAgent = Agent

/**
 * @internal Makes an agent. Throws a TypeError or RangeError that names what is wrong in `options`. Node's HTTP is
 * loaded with the first call.
 */
export function createHttpAgent(connect: HostDialer, options: HttpAgentOptions): HttpAgent {
  const { dial = {}, ...agentOptions } = checkObject('options', options)
  checkDialNames(dial, 'options.dial')
  withinOption('options.dial', () => checkDialOptions(dial))
  const { Agent } = process.getBuiltinModule('node:http')
  const agent = new Agent(agentOptions)
  // The socket is there before it is connected, so the agent counts it at once, and opens no more than `maxSockets`.
  agent.createConnection = ({ host, port, timeout }) => {
    const socket = connect(hostAndPort(host ?? 'localhost', port ?? 80), dial)
    // `net.connect` does this for the agents of Node, which rely on it.
    if (timeout) socket.setTimeout(timeout)
    return socket
  }
  return agent
}

/** As a URL writes both. */
export function hostAndPort(host: string, port: string | number): string {
  return port === '' ? host : `${host}:${port}`
}
