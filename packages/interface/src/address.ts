import { checkInteger } from './check.js'
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
  if (typeof text !== 'string') throw new TypeError(`address must be a string, got ${typeof text}`)
  const colon = text.lastIndexOf(':')
  if (colon === -1) {
    if (isNodeIdText(text)) {
      throw new TypeError(`address ${JSON.stringify(text)} is a node id without a port: write "${text}:port"`)
    }
    return { kind: 'service', service: checkServiceName(text), port: undefined }
  }
  const host = text.slice(0, colon)
  const port = parsePort(text.slice(colon + 1), text)
  if (host === '') return { kind: 'local', port }
  if (isNodeIdText(host)) return { kind: 'node', nodeId: parseNodeId(host), port }
  return { kind: 'service', service: checkServiceName(host), port }
}

/**
 * `name` when it is a service name: 1 to 255 bytes of UTF-8 without control characters, white space, `:`, `/`, `@`, and
 * not of the shape of a node id. Otherwise throws a `TypeError` or `RangeError` that says what is wrong.
 */
export function checkServiceName(name: string): string {
  return checkName('service name', name)
}

/**
 * `environment` when it names one: empty, or parts that are written as service names are, joined by `/`, together at
 * most 255 bytes of UTF-8. Otherwise throws a `TypeError` or `RangeError` that says what is wrong.
 */
export function checkEnvironment(environment: string): string {
  if (typeof environment !== 'string') {
    throw new TypeError(`environment must be a string, got ${typeof environment}`)
  }
  if (environment === '') return environment
  // A code unit takes at least one byte, so that a huge text is refused before it is split.
  if (environment.length > MAX_ENVIRONMENT_BYTES || utf8Length(environment) > MAX_ENVIRONMENT_BYTES) {
    throw new RangeError(`environment must be at most ${MAX_ENVIRONMENT_BYTES} bytes of UTF-8`)
  }
  for (const part of environment.split('/')) checkName('environment part', part)
  return environment
}

function checkName(what: string, name: string): string {
  if (typeof name !== 'string') throw new TypeError(`${what} must be a string, got ${typeof name}`)
  if (PLAIN_NAME.test(name) && !isNodeIdText(name)) return name
  if (name === '') throw new TypeError(`${what} must not be empty`)
  if (/\p{Cs}/u.test(name)) throw new TypeError(`${what} must be well-formed Unicode`)
  if (/[\p{Cc}\s:/@]/u.test(name)) {
    const shown = JSON.stringify(name.slice(0, 64))
    throw new TypeError(`${what} must not contain control characters, white space, ":", "/" or "@": ${shown}`)
  }
  if (isNodeIdText(name)) throw new TypeError(`${what} must not have the shape of a node id: "${name}"`)
  const bytes = utf8Length(name)
  if (bytes > MAX_SERVICE_NAME_BYTES) {
    throw new RangeError(`${what} must be at most ${MAX_SERVICE_NAME_BYTES} bytes of UTF-8, got ${bytes}`)
  }
  return name
}

/** `port` when it is a virtual port, an integer from 0 to 2^32 - 1. Otherwise throws a `TypeError` or `RangeError`. */
export function checkPort(port: number): number {
  return checkInteger('port', port, { min: 0, max: MAX_PORT })
}

function parsePort(text: string, whole: string): number {
  if (!/^\d+$/.test(text))
    throw new TypeError(`address ${JSON.stringify(whole)} has no port number after ":"`)
  const port = Number(text)
  if (port > MAX_PORT)
    throw new RangeError(`address ${JSON.stringify(whole)}: port must be at most ${MAX_PORT}`)
  return port
}
