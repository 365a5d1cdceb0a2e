import { nodeIdToBytes, type NodeId } from '@astranet/interface'
import type { LinkError } from './error-codes.js'
import { fieldError, isToken, readNodeId, readTokens, readUint } from './fields.js'

/** The longest HELLO, in bytes of msgpack. */
export const MAX_HELLO_BYTES = 4096

/** The bounds of HELLO's fields. Strings are printable ASCII without spaces, so characters are bytes. */
export const HelloLimit = {
  ROLES: 8,
  ROLE_BYTES: 32,
  LISTEN_ADDRESSES: 16,
  ADDRESS_BYTES: 255,
  FEATURES: 32,
  FEATURE_BYTES: 64,
  CHALLENGE_BYTES: 64,
  PROOF_BYTES: 1024,
} as const

/** What a node sends about itself when a link opens (spec section 5). */
export interface Hello {
  readonly nodeId: NodeId
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
  /** Where the sender can be dialed, as `network://address`. At most 16 of at most 255 bytes. */
  readonly listenAddresses: readonly string[]
  /** Optional abilities beyond version 1. At most 32 of at most 64 bytes; unknown ones are ignored. */
  readonly features: readonly string[]
  /** Reserved (spec section 5): never sent, checked and ignored when it arrives. At most 64 bytes. */
  readonly challenge: Uint8Array | undefined
  /** Proves that the sender is a member, where both sides ask for a proof (spec section 5.2). At most 1024 bytes. */
  readonly proof: Uint8Array | undefined
}

/** The map that goes on the wire. Absent fields and empty lists are left out. */
export function helloToWire(hello: Hello): Record<string, unknown> {
  const map: Record<string, unknown> = { n: nodeIdToBytes(hello.nodeId), i: hello.incarnation }
  if (hello.sequence !== 0) map['s'] = hello.sequence
  if (hello.life !== undefined) map['l'] = hello.life
  if (hello.roles.length > 0) map['r'] = hello.roles
  if (hello.observedAddress !== undefined) map['o'] = hello.observedAddress
  if (hello.listenAddresses.length > 0) map['a'] = hello.listenAddresses
  if (hello.features.length > 0) map['f'] = hello.features
  if (hello.challenge !== undefined) map['c'] = hello.challenge
  if (hello.proof !== undefined) map['p'] = hello.proof
  return map
}

/** Reads the map that came over the wire; an error names what is wrong with it. Unknown keys are ignored. */
export function helloFromWire(value: unknown): Hello | LinkError {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Uint8Array) {
    return wrong('that is not a map')
  }
  const map = value as Readonly<Record<string, unknown>>
  const nodeId = readNodeId(map['n'])
  if (nodeId === undefined) return wrong('whose node id (n) is not 8 bytes')
  const incarnation = readUint(map['i'], Number.MAX_SAFE_INTEGER)
  if (incarnation === undefined) return wrong('whose incarnation (i) is not an integer from 0 to 2^53 - 1')
  const sequence = readUint(map['s'] ?? 0, Number.MAX_SAFE_INTEGER)
  if (sequence === undefined) return wrong('whose sequence (s) is not an integer from 0 to 2^53 - 1')
  const life = readUint(map['l'] ?? 0, Number.MAX_SAFE_INTEGER)
  if (life === undefined) return wrong('whose life (l) is not an integer from 0 to 2^53 - 1')
  const lists = readLists(map)
  if (isError(lists)) return lists
  const challenge = readBytes(map['c'], HelloLimit.CHALLENGE_BYTES)
  if (challenge === false)
    return wrong(`whose challenge (c) is not at most ${HelloLimit.CHALLENGE_BYTES} bytes`)
  const proof = readBytes(map['p'], HelloLimit.PROOF_BYTES)
  if (proof === false) return wrong(`whose proof (p) is not at most ${HelloLimit.PROOF_BYTES} bytes`)
  return {
    nodeId,
    incarnation,
    sequence,
    life: isAbsent(map['l']) ? undefined : life,
    ...lists,
    challenge,
    proof,
  }
}

/**
 * What is wrong with the fields that a caller chose: the name of the field and its rule; `undefined` when nothing is.
 */
export function checkHelloFields(
  fields: Pick<Hello, 'incarnation' | 'sequence' | 'roles' | 'listenAddresses' | 'features'> &
    Partial<Pick<Hello, 'life'>>,
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

type HelloLists = Pick<Hello, 'roles' | 'observedAddress' | 'listenAddresses' | 'features'>

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
  const observed = map['o'] ?? undefined
  if (observed !== undefined && !isToken(observed, ADDRESS_BYTES)) {
    return wrong(`whose observed address (o) is not 1 to ${ADDRESS_BYTES} characters of printable ASCII`)
  }
  return { roles, observedAddress: observed, listenAddresses, features }
}

function readBytes(value: unknown, maxBytes: number): Uint8Array | undefined | false {
  if (isAbsent(value)) return undefined
  return value instanceof Uint8Array && value.length <= maxBytes ? value.slice() : false
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
