import {
  checkEnvironment,
  checkPort,
  checkServiceName,
  MAX_PORT,
  nodeIdToBytes,
  type NodeId,
} from '@astranet/interface'
import { checkInteger, invalidArgument, outOfRange } from '@astranet/interface/check'
import type { LinkError } from './error-codes.js'
import { fieldError, readNodeId, readUint } from './fields.js'
import { pairFromWire, pairToWire, type PairFacts } from './pair-facts.js'

/** The longest stream header and the longest answer, in bytes of msgpack. */
export const MAX_STREAM_HEADER_BYTES = 1024

/** The most nodes on a tunnel's path, both ends included. */
export const MAX_TUNNEL_NODES = 18

/** The longest message on a registry stream, in bytes of msgpack. */
export const MAX_REGISTRY_MESSAGE_BYTES = 65_536

/** The kinds of stream, as numbers on the wire. */
export const StreamKind = { DIAL: 1, TUNNEL: 2, REGISTRY: 3 } as const

/** Opens a socket to a port of the receiving node (spec section 6.1). */
export interface DialHeader {
  readonly kind: 'dial'
  /** The port dialed, 0 to 2^32 - 1. */
  readonly port: number
  /** The dialing node. `undefined`: the node at the other end of the link, the only one that this version allows. */
  readonly sourceNode?: NodeId | undefined
  /** The dialer's own port, 0 to 2^32 - 1; 0 when it has none. */
  readonly sourcePort: number
  /**
   * The service that the dialer expects, so that a port which now belongs to another service refuses. A service name.
   */
  readonly service?: string | undefined
  /** The environment the service belongs to; only with `service`. An environment (`checkEnvironment`). */
  readonly environment?: string | undefined
}

/** Opens a byte pipe to another node through routers (spec section 6.2). */
export interface TunnelHeader {
  readonly kind: 'tunnel'
  /** Every node of the path, from the source to the destination: 2 to 18, none twice. */
  readonly path: readonly NodeId[]
  /** Which node of the path the receiver of this header is: 1 to `path.length - 1`. */
  readonly position: number
  /** What the source shows in the handshake, and the secret, where a router gives it to the destination. */
  readonly pair?: PairFacts | undefined
}

/** What a stream is for: its first message. */
export type StreamHeader = DialHeader | TunnelHeader

/** Opens the stream of the sender's registry (spec section 6.4). The link opens and reads that stream itself. */
export interface RegistryHeader {
  readonly kind: 'registry'
}

/** The array of a registry stream's header on the wire. */
export const REGISTRY_HEADER_WIRE: readonly unknown[] = [StreamKind.REGISTRY]

/** A kind of stream that this version does not know; it is refused with `NOT_SUPPORTED`. */
export interface UnknownHeader {
  readonly kind: 'unknown'
  /** Its number on the wire. */
  readonly number: number
}

/** Throws a `TypeError` or `RangeError` that names the field when a caller's header is not as its type says. */
export function checkStreamHeader(header: StreamHeader): void {
  if (header.kind === 'dial') {
    checkPort(header.port, 'header.port')
    checkPort(header.sourcePort, 'header.sourcePort')
    if (header.service !== undefined) checkServiceName(header.service, 'header.service')
    if (header.environment === undefined) return
    if (header.service === undefined) throw invalidArgument('header.environment', 'needs a service beside it')
    checkEnvironment(header.environment)
    return
  }
  const { path, position } = header
  if (path.length < 2 || path.length > MAX_TUNNEL_NODES || new Set(path).size !== path.length) {
    throw outOfRange('header.path', `2 to ${MAX_TUNNEL_NODES} nodes, none twice`, path.length)
  }
  checkInteger('header.position', position, { min: 1, max: path.length - 1 })
}

/** The array that goes on the wire, without trailing fields that are not set. */
export function headerToWire(header: StreamHeader): readonly unknown[] {
  if (header.kind === 'tunnel') {
    const { position, path, pair } = header
    return [StreamKind.TUNNEL, position, path.map(nodeIdToBytes), ...pairToWire(pair)]
  }
  const { sourceNode, port, sourcePort, service, environment } = header
  const source = sourceNode === undefined ? null : nodeIdToBytes(sourceNode)
  if (service === undefined) return [StreamKind.DIAL, port, source, sourcePort]
  if (environment === undefined) return [StreamKind.DIAL, port, source, sourcePort, service]
  return [StreamKind.DIAL, port, source, sourcePort, service, environment]
}

/** Reads the array that came over the wire; an error names what is wrong with it. Further elements are ignored. */
export function headerFromWire(value: unknown): StreamHeader | RegistryHeader | UnknownHeader | LinkError {
  if (!Array.isArray(value)) return fieldError('a stream header', 'that is not an array')
  const fields = value as readonly unknown[]
  const number = readUint(fields[0], Number.MAX_SAFE_INTEGER)
  if (number === StreamKind.DIAL) return readDial(fields)
  if (number === StreamKind.TUNNEL) return readTunnel(fields)
  if (number === StreamKind.REGISTRY) return { kind: 'registry' }
  if (number === undefined) return fieldError('a stream header', 'whose kind is not a number')
  return { kind: 'unknown', number }
}

/** The kind that an invalid header names; `undefined` if that is neither a dial nor a tunnel. */
export function wantedKind(value: unknown): StreamHeader['kind'] | undefined {
  const kind: unknown = Array.isArray(value) ? value[0] : undefined
  if (kind === StreamKind.DIAL) return 'dial'
  return kind === StreamKind.TUNNEL ? 'tunnel' : undefined
}

function readDial(fields: readonly unknown[]): DialHeader | LinkError {
  const port = readUint(fields[1], MAX_PORT)
  const sourcePort = readUint(fields[3], MAX_PORT)
  if (port === undefined || sourcePort === undefined)
    return wrongDial('whose ports are not from 0 to 2^32 - 1')
  const sourceNode = fields[2] === null ? undefined : readNodeId(fields[2])
  if (sourceNode === undefined && fields[2] !== null)
    return wrongDial('whose source node is not nil or 8 bytes')
  const service = fields[4] ?? undefined
  const environment = fields[5] ?? undefined
  if (!passes(service, checkServiceName)) return wrongDial('whose service is not the name of one')
  if (!passes(environment, checkEnvironment) || (environment !== undefined && service === undefined))
    return wrongDial('whose environment is not one beside a service')
  return { kind: 'dial', port, sourceNode, sourcePort, service, environment }
}

function readTunnel(fields: readonly unknown[]): TunnelHeader | LinkError {
  const list = fields[2]
  if (!Array.isArray(list) || list.length < 2 || list.length > MAX_TUNNEL_NODES) {
    return wrongTunnel(`whose path is not a list of 2 to ${MAX_TUNNEL_NODES} nodes`)
  }
  const path: NodeId[] = []
  for (const item of list as readonly unknown[]) {
    const nodeId = readNodeId(item)
    if (nodeId === undefined) return wrongTunnel('whose path has a node id that is not 8 bytes')
    if (path.includes(nodeId)) return wrongTunnel('whose path visits a node twice')
    path.push(nodeId)
  }
  const position = readUint(fields[1], path.length - 1)
  if (position === undefined || position === 0) return wrongTunnel('whose position is not on its path')
  const pair = pairFromWire(fields.slice(3))
  if (pair === false) return wrongTunnel('whose key id is not 16 bytes, or whose secret is not 32')
  return pair === undefined ? { kind: 'tunnel', path, position } : { kind: 'tunnel', path, position, pair }
}

/** Whether it is absent or what `check` allows. */
function passes(value: unknown, check: (text: string) => string): value is string | undefined {
  if (value === undefined) return true
  try {
    check(value as string)
    return true
  } catch {
    return false
  }
}

function wrongDial(rule: string): LinkError {
  return fieldError('a dial', rule)
}

function wrongTunnel(rule: string): LinkError {
  return fieldError('a tunnel', rule)
}
