import { badPort, checkString, invalidType, invalidValue, outOfRange } from './check.js'
import { isNodeIdText, parseNodeId, type NodeId } from './node-id.js'
import { utf8Length } from './utf8.js'

/** The largest virtual port: ports are unsigned 32-bit numbers. */
export const MAX_PORT = 0xffff_ffff

/** The longest service name, in bytes of UTF-8. */
export const MAX_SERVICE_NAME_BYTES = 255

/** The longest environment, in bytes of UTF-8. */
export const MAX_ENVIRONMENT_BYTES = 255

/** What most names look like. Of these only a name of the shape of a node id has to be refused. */
const PLAIN_NAME = /^[A-Za-z0-9._-]{1,255}$/

/**
 * Where a stream is dialed to or a listener bound: one of
 * - `name` (a service, wherever it is offered),
 * - `name:port` (a service of that name at that port),
 * - `id:port` (a port on one node),
 * - `:port` (a port on this node).
 */
export type Address =
  | { readonly kind: 'service'; readonly service: string; readonly port: number | undefined }
  | { readonly kind: 'node'; readonly nodeId: NodeId; readonly port: number }
  | { readonly kind: 'local'; readonly port: number }

/**
 * Reads an address. Every string is read in one way only: service names never contain `:` and never look like a node
 * id. Throws a `TypeError` (not an address) or `RangeError` (a port or name too large) that quotes the text.
 */
export function parseAddress(text: string): Address {
  if (typeof text !== 'string') throw invalidType('address', 'of type string', text)
  const colon = text.lastIndexOf(':')
  if (colon === -1) {
    if (isNodeIdText(text)) {
      throw invalidValue('address', `is a node id without a port: write "${text}:port"`, text)
    }
    return { kind: 'service', service: checkName('address', text), port: undefined }
  }
  const host = text.slice(0, colon)
  const port = parsePort(text.slice(colon + 1), text)
  if (host === '') return { kind: 'local', port }
  if (isNodeIdText(host)) return { kind: 'node', nodeId: parseNodeId(host), port }
  return { kind: 'service', service: checkName('address', host), port }
}

/**
 * `name` when it is a service name: 1 to 255 bytes of UTF-8 without control characters, white space, `:`, `/`, `@`, and
 * not of the shape of a node id. Otherwise throws an error of `argument` that says what is wrong.
 */
export function checkServiceName(name: string, argument = 'name'): string {
  return checkName(argument, name)
}

/**
 * `environment` when it names one: empty, or parts that are written as service names are, joined by `/`, together at
 * most 255 bytes of UTF-8. Otherwise throws a `TypeError` or `RangeError` that says what is wrong.
 */
export function checkEnvironment(environment: string): string {
  if (checkString('environment', environment) === '') return environment
  // A code unit takes at least one byte, so that a huge text is refused before it is split.
  const { length } = environment
  const bytes = length > MAX_ENVIRONMENT_BYTES ? length : utf8Length(environment)
  if (bytes > MAX_ENVIRONMENT_BYTES)
    throw outOfRange('environment', `at most ${MAX_ENVIRONMENT_BYTES} bytes of UTF-8`, bytes)
  for (const part of environment.split('/')) checkName('environment', part)
  return environment
}

function checkName(what: string, name: string): string {
  checkString(what, name)
  if (PLAIN_NAME.test(name) && !isNodeIdText(name)) return name
  if (name === '') throw invalidValue(what, 'must not be empty', name)
  if (/\p{Cs}/u.test(name)) throw invalidValue(what, 'must be well-formed Unicode', name)
  if (/[\p{Cc}\s:/@]/u.test(name)) {
    throw invalidValue(what, 'must not contain control characters, white space, ":", "/" or "@"', name)
  }
  if (isNodeIdText(name)) throw invalidValue(what, 'must not have the shape of a node id', name)
  const bytes = utf8Length(name)
  if (bytes > MAX_SERVICE_NAME_BYTES) {
    throw outOfRange(what, `at most ${MAX_SERVICE_NAME_BYTES} bytes of UTF-8`, bytes)
  }
  return name
}

/** `port` when it is a virtual port, an integer from 0 to 2^32 - 1. Otherwise throws `ERR_SOCKET_BAD_PORT`. */
export function checkPort(port: number, argument = 'port'): number {
  if (Number.isInteger(port) && port >= 0 && port <= MAX_PORT) return port
  throw badPort(argument, port, MAX_PORT)
}

function parsePort(text: string, whole: string): number {
  if (!/^\d+$/.test(text)) throw invalidValue('address', 'must have a port number after ":"', whole)
  const port = Number(text)
  if (port > MAX_PORT) throw badPort('Port', whole, MAX_PORT)
  return port
}
