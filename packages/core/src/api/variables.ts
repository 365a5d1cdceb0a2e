import { checkObject, codedError, renameArgument } from '@astranet/interface/check'
import { parseTicket } from '@astranet/ticket'
import { isTicketText, readAddressText } from './address-text.js'
import { checkNetworkSecret } from './secret.js'

/** Environment variables, as `process.env` has them. */
export type Variables = Readonly<Record<string, string | undefined>>

/** @internal What a variable has a node do when it is first used. */
export interface Startup {
  /** The variable, for errors. */
  readonly variable: string
  readonly call: 'join' | 'listen'
  /** `network://address`, or a ticket. */
  readonly text: string
}

/** A {@link Startup} before it is checked. */
interface Asked extends Startup {
  /** The text as it was written, without a network in the variables of the Go package. */
  readonly written: string
}

/** The variables of the Go package, whose values name no network. */
const OF_TCP4 = ['MPXROUTER', 'SKYNET_BIND']

/** @internal What the variables say. */
export interface ReadVariables {
  /** The network's secret. Throws when it is none: call it only where it counts. */
  readonly secret: () => string | undefined
  readonly startup: readonly Startup[]
}

/**
 * @internal Reads the variables of a node whose transports have `networks`. Throws a TypeError or RangeError that names
 * the variable whose value is wrong; a ticket or secret is never in the message.
 */
export function readVariables(variables: Variables, networks: readonly string[]): ReadVariables {
  checkObject('options.variables', variables)
  const { MPXROUTER = '', SKYNET_BIND = '', ASTRANET_JOIN = '', ASTRANET_LISTEN = '' } = variables
  const old = (variable: string, call: Startup['call'], value: string): Startup[] =>
    value.trim() === ''
      ? []
      : [checked({ variable, call, text: `tcp4://${value.trim()}`, written: value.trim() }, networks)]
  const own = (variable: string, call: Startup['call'], value: string): Startup[] =>
    value
      .split(/[\s,]+/)
      .filter((text) => text !== '')
      .map((text) => checked({ variable, call, text, written: text }, networks))
  return {
    secret: () => secretOf(variables.ASTRANET_SECRET),
    startup: [
      ...old('SKYNET_BIND', 'listen', SKYNET_BIND),
      ...own('ASTRANET_LISTEN', 'listen', ASTRANET_LISTEN),
      ...old('MPXROUTER', 'join', MPXROUTER),
      ...own('ASTRANET_JOIN', 'join', ASTRANET_JOIN),
    ],
  }
}

function secretOf(value: string | undefined): string | undefined {
  if (value === undefined || value === '') return undefined
  return naming('ASTRANET_SECRET', () => checkNetworkSecret(value))
}

function checked({ written, ...startup }: Asked, networks: readonly string[]): Startup {
  const { variable, call, text } = startup
  if (call === 'join' && isTicketText(text)) {
    naming(variable, () => parseTicket(text))
    return startup
  }
  const found = readAddressText(text, networks)
  const isRight = found !== undefined && isAddress(found.network, found.address, call)
  if (!isRight) {
    throw invalidVariable(`${variable} must have ${formsOf(variable, call)}${hidden(call, written)}`)
  }
  // The variable may be meant for other nodes of the process, so the constructor does not fail: the node warns later.
  const isKnown = networks.includes(found.network) || OF_TCP4.includes(variable)
  if (isKnown) return { ...startup, text: `${found.network}://${found.address}` }
  throw invalidVariable(
    `${variable} names the network ${JSON.stringify(found.network)}, and this node has ${networks.join(', ')}`,
  )
}

/** What a variable may have. */
function formsOf(variable: string, call: Startup['call']): string {
  if (OF_TCP4.includes(variable)) return call === 'join' ? 'host:port or a domain' : 'host:port or :port'
  return call === 'join' ? 'host:port, a domain, network://address or a ticket' : 'network://address or :port'
}

function invalidVariable(message: string): Error {
  return codedError(TypeError, 'ERR_INVALID_ARG_VALUE', message)
}

/** The end of the message: the value, unless it may be a damaged ticket, which must not be shown. */
function hidden(call: Startup['call'], text: string): string {
  return call === 'join' && !/^[\w.:/[\]-]{1,80}$/.test(text)
    ? ''
    : `, got ${JSON.stringify(text.slice(0, 80))}`
}

/** Whether it is an address of TCP: one host and one port. Those of other networks are checked by their transports. */
function isAddress(network: string, address: string, call: Startup['call']): boolean {
  if (!network.startsWith('tcp')) return true
  const [, port] = /^(?:[\w.-]*|\[[\da-f:.%]+\]):(\d{1,5})$/i.exec(address) ?? []
  if (port === undefined) return call === 'join' && /^[\w.-]+$/.test(address)
  return Number(port) <= 0xffff && (call === 'listen' || Number(port) > 0)
}

/** What `call` gives; its errors name the variable. */
function naming<T>(variable: string, call: () => T): T {
  try {
    return call()
  } catch (error) {
    renameArgument(error, () => variable)
    if (error instanceof Error && !error.message.includes(variable))
      error.message = `${variable}: ${error.message}`
    throw error
  }
}
