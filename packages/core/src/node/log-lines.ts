import { formatNodeId, toNodeId } from '@astranet/interface'
import { CloseCode, LinkError } from '@astranet/link'
import type { LogLevel } from '../api/logger.js'

/** What a channel's messages are in a log. */
interface Line {
  readonly level: LogLevel
  readonly text: string
}

type Fields = Readonly<Record<string, unknown>>

/** By channel; those that are not here are not logged. */
const LINES: Readonly<Record<string, Line | ((message: Fields) => Line)>> = {
  'astranet:link:opened': { level: 'info', text: 'a link is open' },
  'astranet:link:closed': ({ error }) => {
    if (error === undefined) return { level: 'info', text: 'a link has closed' }
    return isRefused(error)
      ? { level: 'info', text: 'one of its nodes has ended a link' }
      : { level: 'warn', text: 'a link has failed' }
  },
  'astranet:link:refused': { level: 'warn', text: 'a connection did not become a link' },
  'astranet:link:path': { level: 'debug', text: 'new streams take another path' },
  'astranet:link:punch': { level: 'debug', text: 'on the way to a direct link' },
  'astranet:join:joined': { level: 'info', text: 'joined a node' },
  'astranet:join:lost': { level: 'warn', text: 'lost the node that was joined' },
  'astranet:join:failed': { level: 'warn', text: 'could not join' },
  'astranet:listener:bound': { level: 'debug', text: 'a port is bound' },
  'astranet:listener:closed': { level: 'debug', text: 'a bound port is free' },
  'astranet:listener:error': { level: 'error', text: 'a listener failed' },
  'astranet:registry:refused': { level: 'warn', text: 'something of a neighbour was not taken' },
  'astranet:registry:conflict': { level: 'warn', text: 'another life of this node has signed' },
  'astranet:node:conflict': { level: 'error', text: 'two nodes have one id' },
  'astranet:policy:failed': { level: 'error', text: 'a function of the policy failed' },
  'astranet:health:changed': { level: 'info', text: 'the health of a service has changed' },
  'astranet:instance:ejected': { level: 'warn', text: 'an instance is left out of dials' },
  'astranet:instance:returned': { level: 'info', text: 'an instance is dialed again' },
  'astranet:forward:failed': { level: 'warn', text: 'a connection to a forwarded address was not passed on' },
  'astranet:publish:failed': { level: 'warn', text: 'the target of a publication did not take a connection' },
  'astranet:tunnel:failed': { level: 'debug', text: 'a link through routers did not come about' },
}

/** An open link is refused by the program of one of its nodes: by `leave`, or by a policy that does not allow it. */
function isRefused(error: unknown): boolean {
  return error instanceof LinkError && error.closeCode === CloseCode.REFUSED
}

/** @internal The channels that are logged. */
export const LOGGED_CHANNELS: readonly string[] = Object.keys(LINES)

/** @internal How a message of a channel is logged; `undefined`: not at all. */
export function lineOf(channel: string, message: Fields): Line | undefined {
  const line = LINES[channel]
  return typeof line === 'function' ? line(message) : line
}

/** @internal A message as a logger can write it: node ids as texts, and the error as `err`. */
export function fieldsOf(event: string, { error, ...message }: Fields): Fields {
  const others = Object.fromEntries(Object.entries(message).map(([name, value]) => [name, plain(value)]))
  return error === undefined ? { event, ...others } : { event, ...others, err: error }
}

/** Bigints in messages are node ids. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return formatNodeId(toNodeId(value))
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null || value instanceof Error) return value
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, plain(each)]))
}
