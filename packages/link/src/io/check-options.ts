import { toNodeId } from '@astranet/interface'
import {
  checkFunction,
  checkInteger,
  checkOneOf,
  checkOptions,
  invalidArgument,
  invalidHiddenType,
  invalidType,
  type NumberRange,
  type OptionNames,
  outOfRange,
} from '@astranet/interface/check'
import { LIMIT_NAMES, resolveLimits } from '@astranet/mux/proto'
import { HelloLimit } from '../proto/hello.js'
import { KEY_ID_BYTES, LINK_ROLES, presentsGrant } from '../proto/preamble.js'
import type { LinkGrant, LinkIntroduction, LinkPair, LinkSessionOptions, OptionsOf } from './link-options.js'

const PSK_BYTES: NumberRange = { min: 32, max: 32 }

const IDENTITY_KEY_BYTES: NumberRange = { min: 32, max: 32 }

const MAX_TIMEOUT_MS = 0x7fffffff

/** With fewer a peer could open its control stream and nothing else. */
const MIN_CONCURRENT_STREAMS = 2

const NAMES: OptionNames<OptionsOf<never>> = {
  role: true,
  identity: true,
  introduction: true,
  handler: true,
  randomBytes: true,
  sequence: true,
  psk: true,
  grant: true,
  pair: true,
  encryption: true,
  expectedNodeId: true,
  expectedKey: true,
  provider: true,
  slots: true,
  slotAddress: true,
  helloTimeoutMs: true,
  clock: true,
  sessionOptions: true,
}

const INTRODUCTION_NAMES: OptionNames<LinkIntroduction> = {
  incarnation: true,
  life: true,
  roles: true,
  listenAddresses: true,
  features: true,
}

const {
  maxConcurrentUniStreams: _uniStreams,
  evictionCode: _eviction,
  internalErrorCode: _internalError,
  refusalCode: _refusal,
  ...SESSION_LIMIT_NAMES
} = LIMIT_NAMES

const SESSION_NAMES: OptionNames<LinkSessionOptions> = { ...SESSION_LIMIT_NAMES, binding: true, random: true }

/** Throws a `TypeError` that names an option of a link that is not known, or is no object. */
export function checkOptionNames(options: OptionsOf<never>): void {
  checkOptions('options', options, NAMES)
  checkOptions('options.introduction', options.introduction, INTRODUCTION_NAMES)
  if (options.sessionOptions !== undefined)
    checkOptions('options.sessionOptions', options.sessionOptions, SESSION_NAMES)
}

/** `timeoutMs` when it can be a handshake's deadline. Otherwise throws an error that names the option. */
export function checkHelloTimeout(timeoutMs: number): number {
  return checkInteger('options.helloTimeoutMs', timeoutMs, { min: 1, max: MAX_TIMEOUT_MS })
}

/**
 * Throws a `TypeError` or `RangeError` that names a limit which no session can have. The session itself is made when
 * the peer's bytes arrive, too late to throw to the caller.
 */
export function checkSessionOptions(options: LinkSessionOptions | undefined): void {
  const { binding: _binding, random: _random, ...limits } = options ?? {}
  const { maxConcurrentStreams } = resolveLimits(limits)
  if (maxConcurrentStreams >= MIN_CONCURRENT_STREAMS) return
  throw outOfRange('options.maxConcurrentStreams', `at least ${MIN_CONCURRENT_STREAMS}`, maxConcurrentStreams)
}

/**
 * Throws a `TypeError` or `RangeError` that names an option of the doorway that is wrong. The handshake is made when
 * the peer's bytes arrive, too late to throw to the caller.
 */
export function checkDoorwayOptions(options: OptionsOf<never>): void {
  const { role, identity, psk, grant, pair, encryption = 'auto' } = options
  const { expectedNodeId, expectedKey, slotAddress } = options
  checkOneOf('options.role', role, LINK_ROLES)
  if (typeof identity?.sign !== 'function') throw invalidType('options.identity', 'an Identity', identity)
  if (psk !== undefined && typeof psk !== 'function') checkBytes('options.psk', psk, PSK_BYTES)
  if (grant !== undefined) checkGrant(grant)
  if (pair !== undefined) checkPair(pair)
  else if (grant !== undefined && psk === undefined && role !== 'dialer')
    throw invalidArgument('options.grant', "needs the role 'dialer' unless there is a psk")
  checkOneOf('options.encryption', encryption, ['auto', 'always'])
  if (expectedNodeId !== undefined) toNodeId(expectedNodeId)
  if (expectedKey !== undefined) checkBytes('options.expectedKey', expectedKey, IDENTITY_KEY_BYTES)
  if (slotAddress !== undefined && typeof slotAddress !== 'string')
    throw invalidType('options.slotAddress', 'a string', slotAddress)
}

function checkGrant({ id, psk, bytes }: LinkGrant): void {
  checkBytes('options.grant.id', id, { min: KEY_ID_BYTES, max: KEY_ID_BYTES })
  if (!presentsGrant({ keyId: id })) throw invalidArgument('options.grant.id', 'must not be all zeros')
  checkBytes('options.grant.psk', psk, PSK_BYTES)
  checkBytes('options.grant.bytes', bytes, { min: 1, max: HelloLimit.GRANT_BYTES })
}

function checkPair({ psk, ownGrant, peerKeyId }: LinkPair): void {
  checkFunction('options.pair.psk', psk)
  if (ownGrant !== undefined)
    checkBytes('options.pair.ownGrant', ownGrant, { min: 1, max: HelloLimit.GRANT_BYTES })
  if (peerKeyId !== undefined)
    checkBytes('options.pair.peerKeyId', peerKeyId, { min: KEY_ID_BYTES, max: KEY_ID_BYTES })
}

function checkBytes(name: string, value: unknown, { min, max }: NumberRange): void {
  if (!(value instanceof Uint8Array)) throw invalidHiddenType(name, 'an instance of Uint8Array')
  if (value.length >= min && value.length <= max) return
  const allowed = min === max ? `${min}` : `${min} to ${max}`
  throw outOfRange(name, `${allowed} bytes`, value.length)
}
