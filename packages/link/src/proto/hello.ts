import { isToken, NODE_FACT_LIMITS, type NodeId } from '@astranet/interface'
import type { NumberRange } from '@astranet/interface/check'
import type { LinkError } from './error-codes.js'
import { fieldError, readTokens, readUint } from './fields.js'

/** The longest HELLO, in bytes of msgpack. */
export const MAX_HELLO_BYTES = 4096

/** The bounds of HELLO's fields. Strings are printable ASCII without spaces, so characters are bytes. */
export const HelloLimit: Readonly<Record<HelloLimitName, number>> = {
  ROLES: NODE_FACT_LIMITS.roles.maxItems,
  ROLE_BYTES: NODE_FACT_LIMITS.roles.maxBytes,
  LISTEN_ADDRESSES: NODE_FACT_LIMITS.addresses.maxItems,
  ADDRESS_BYTES: NODE_FACT_LIMITS.addresses.maxBytes,
  FEATURES: 32,
  FEATURE_BYTES: 64,
  EXPORTER_BYTES: 32,
  GRANT_BYTES: 2048,
}

type HelloLimitName =
  | 'ROLES'
  | 'ROLE_BYTES'
  | 'LISTEN_ADDRESSES'
  | 'ADDRESS_BYTES'
  | 'FEATURES'
  | 'FEATURE_BYTES'
  | 'EXPORTER_BYTES'
  | 'GRANT_BYTES'

const ADDRESS_RULE = `1 to ${HelloLimit.ADDRESS_BYTES} characters of printable ASCII`

/** The map, its keys, three integers, and the heads of its lists, strings and bytes. */
const HELLO_OVERHEAD_BYTES = 1 + 9 * 2 + 3 * 9 + 3 * 3 + 2 + 2 + 2 + 3

/** What a node sends about itself in the handshake (spec section 5). */
export interface HelloFields {
  /** Grows with every start of the node: an integer from 0 to 2^53 - 1. */
  readonly incarnation: number
  /**
   * Grows with every link that the sender dials within an incarnation, so that both ends agree which of two is newer:
   * an integer from 0 to 2^53 - 1; 0 when the sender does not count its links.
   */
  readonly sequence: number
  /**
   * Chosen at random at each start of the node, so that two starts, or two nodes with one id, can be distinguished: an
   * integer from 0 to 2^53 - 1; `undefined` when it was not sent.
   */
  readonly life: number | undefined
  /** What the node does for others, such as `'router'`. At most 8 of at most 32 bytes. */
  readonly roles: readonly string[]
  /** The receiver's address as the sender sees it, so that a node behind a NAT learns its own. At most 255 bytes. */
  readonly observedAddress: string | undefined
  /**
   * The sender's own address on this pipe, where it says that the pipe is private and the pipe has addresses of the
   * form `host:port`. At most 255 bytes.
   */
  readonly ownEnd: string | undefined
  /** Where the sender can be dialed, as `network://address`. At most 16 of at most 255 bytes. */
  readonly listenAddresses: readonly string[]
  /** Optional abilities beyond version 1. At most 32 of at most 64 bytes; unknown ones are ignored. */
  readonly features: readonly string[]
  /**
   * What TLS exports for this pipe, where both preambles announce that: 32 bytes. Equal on both sides: no program in
   * between has terminated TLS.
   */
  readonly exporter: Uint8Array | undefined
  /** The grant that the client presents, as it was issued. At most 2,048 bytes. */
  readonly grant: Uint8Array | undefined
}

/** A peer's {@link HelloFields}, and who it is. */
export interface Hello extends HelloFields {
  /** The node id that belongs to the identity key that the peer has proved. */
  readonly nodeId: NodeId
}

/** The map that goes on the wire. Absent fields and empty lists are left out. */
export function helloToWire(hello: HelloFields): Record<string, unknown> {
  const map: Record<string, unknown> = { i: hello.incarnation }
  if (hello.sequence !== 0) map['s'] = hello.sequence
  if (hello.life !== undefined) map['l'] = hello.life
  if (hello.roles.length > 0) map['r'] = hello.roles
  if (hello.observedAddress !== undefined) map['o'] = hello.observedAddress
  if (hello.ownEnd !== undefined) map['e'] = hello.ownEnd
  if (hello.listenAddresses.length > 0) map['a'] = hello.listenAddresses
  if (hello.features.length > 0) map['f'] = hello.features
  if (hello.exporter !== undefined) map['x'] = hello.exporter
  if (hello.grant !== undefined) map['g'] = hello.grant
  return map
}

/** Reads the map that came over the wire; an error names what is wrong with it. Unknown keys are ignored. */
export function helloFromWire(value: unknown): HelloFields | LinkError {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Uint8Array) {
    return wrong('that is not a map')
  }
  const map = value as Readonly<Record<string, unknown>>
  const incarnation = readUint(map['i'], Number.MAX_SAFE_INTEGER)
  if (incarnation === undefined) return wrong('whose incarnation (i) is not an integer from 0 to 2^53 - 1')
  const sequence = readUint(map['s'] ?? 0, Number.MAX_SAFE_INTEGER)
  if (sequence === undefined) return wrong('whose sequence (s) is not an integer from 0 to 2^53 - 1')
  const life = readUint(map['l'] ?? 0, Number.MAX_SAFE_INTEGER)
  if (life === undefined) return wrong('whose life (l) is not an integer from 0 to 2^53 - 1')
  const lists = readLists(map)
  if (isError(lists)) return lists
  const exporter = readBytes(map['x'], { min: HelloLimit.EXPORTER_BYTES, max: HelloLimit.EXPORTER_BYTES })
  if (exporter === false) return wrong(`whose exporter (x) is not ${HelloLimit.EXPORTER_BYTES} bytes`)
  const grant = readBytes(map['g'], { min: 1, max: HelloLimit.GRANT_BYTES })
  if (grant === false) return wrong(`whose grant (g) is not 1 to ${HelloLimit.GRANT_BYTES} bytes`)
  return { incarnation, sequence, life: isAbsent(map['l']) ? undefined : life, ...lists, exporter, grant }
}

/**
 * What is wrong with the fields that a caller chose: the name of the field and its rule; `undefined` when nothing is.
 */
export function checkHelloFields(
  fields: Pick<HelloFields, 'incarnation' | 'sequence' | 'roles' | 'listenAddresses' | 'features'> &
    Partial<Pick<HelloFields, 'life'>>,
): string | undefined {
  for (const name of ['incarnation', 'sequence', 'life'] as const) {
    if (readUint(fields[name] ?? 0, Number.MAX_SAFE_INTEGER) === undefined) {
      return `${name} must be an integer from 0 to 2^53 - 1`
    }
  }
  const lists = [
    ['roles', fields.roles, HelloLimit.ROLES, HelloLimit.ROLE_BYTES],
    ['listenAddresses', fields.listenAddresses, HelloLimit.LISTEN_ADDRESSES, HelloLimit.ADDRESS_BYTES],
    ['features', fields.features, HelloLimit.FEATURES, HelloLimit.FEATURE_BYTES],
  ] as const
  for (const [name, list, items, bytes] of lists) {
    if (readTokens(list, items, bytes) === undefined) return `${name} must be ${tokensRule(items, bytes)}`
  }
  return undefined
}

/**
 * At least as many bytes as the HELLO takes, and at most 64 more. Counted without encoding it, since this is done for
 * every pipe, and nothing is encoded for a peer that has proved nothing.
 */
export function helloSize(hello: HelloFields): number {
  const { roles, listenAddresses, features, observedAddress, ownEnd, exporter, grant } = hello
  let bytes = HELLO_OVERHEAD_BYTES + (observedAddress?.length ?? 0) + (exporter?.length ?? 0)
  bytes += (ownEnd?.length ?? 0) + (grant?.length ?? 0)
  for (const text of [...roles, ...listenAddresses, ...features]) bytes += 2 + text.length
  return bytes
}

type HelloLists = Pick<HelloFields, 'roles' | 'observedAddress' | 'ownEnd' | 'listenAddresses' | 'features'>

function readLists(map: Readonly<Record<string, unknown>>): HelloLists | LinkError {
  const { ROLES, ROLE_BYTES, LISTEN_ADDRESSES, ADDRESS_BYTES, FEATURES, FEATURE_BYTES } = HelloLimit
  const roles = readTokens(map['r'], ROLES, ROLE_BYTES)
  if (roles === undefined) return wrong(`whose roles (r) are not ${tokensRule(ROLES, ROLE_BYTES)}`)
  const listenAddresses = readTokens(map['a'], LISTEN_ADDRESSES, ADDRESS_BYTES)
  if (listenAddresses === undefined) {
    return wrong(`whose addresses (a) are not ${tokensRule(LISTEN_ADDRESSES, ADDRESS_BYTES)}`)
  }
  const features = readTokens(map['f'], FEATURES, FEATURE_BYTES)
  if (features === undefined)
    return wrong(`whose features (f) are not ${tokensRule(FEATURES, FEATURE_BYTES)}`)
  const observedAddress = readAddress(map['o'])
  if (observedAddress === false) return wrong(`whose observed address (o) is not ${ADDRESS_RULE}`)
  const ownEnd = readAddress(map['e'])
  if (ownEnd === false) return wrong(`whose own end (e) is not ${ADDRESS_RULE}`)
  return { roles, observedAddress, ownEnd, listenAddresses, features }
}

/** The address, `undefined` when the key is absent, `false` when it holds something else. */
function readAddress(value: unknown): string | undefined | false {
  if (isAbsent(value)) return undefined
  return isToken(value, HelloLimit.ADDRESS_BYTES) ? value : false
}

/** A copy of the bytes, `undefined` when the key is absent, `false` when it holds something else. */
function readBytes(value: unknown, length: NumberRange): Uint8Array | undefined | false {
  if (isAbsent(value)) return undefined
  if (!(value instanceof Uint8Array) || value.length < length.min || value.length > length.max) return false
  return new Uint8Array(value)
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null
}

function tokensRule(items: number, bytes: number): string {
  return `at most ${items} strings of 1 to ${bytes} characters of printable ASCII without spaces`
}

function isError(value: object): value is LinkError {
  return value instanceof Error
}

function wrong(rule: string): LinkError {
  return fieldError('a HELLO', rule)
}
