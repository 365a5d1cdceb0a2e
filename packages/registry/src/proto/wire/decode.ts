import { AstraError } from '@astranet/interface'
import { checkInteger } from '@astranet/interface/check'
import { PUBLIC_KEY_BYTES, HASH_BYTES, SIGNATURE_BYTES } from '../crypto.js'
import type { Delta } from '../log/delta.js'
import { LOG_KINDS, type LogId } from '../log/log-id.js'
import { checkOf, type SignedState } from '../log/signed-state.js'
import { checkServiceKey } from '../model/check-record.js'
import { checkBytes, checkCount, checkFlag, checkList, checkNodeIdBytes } from '../model/check-wire.js'
import {
  BUCKETS,
  MAX_GREETING_ITEMS,
  MAX_ITEMS_PER_MESSAGE,
  MAX_MESSAGE_BYTES,
  MAX_WANTED_NAMES,
} from '../model/limits.js'
import type { Version } from '../model/version.js'
import type { AskedLog, LogVersion, Message, WantedName } from './message.js'
import { MESSAGE_TYPES } from './message-type.js'

/** The most items in an array of the wire, with those that a later version added. */
const MAX_FIELDS = 64

/** The largest number of 6 bytes. */
const MAX_MIX = 0xffff_ffff_ffff

/** The most deltas in a message: each takes more than 100 bytes. */
const MAX_DELTAS = MAX_ITEMS_PER_MESSAGE

/**
 * Reads any value that a peer sent. Never throws: what is not a message by `spec/registry.md` becomes an error with the
 * code `ASTRA_ERR_REGISTRY_MESSAGE` that names what is wrong with it. Byte arrays are views of the value's; entries
 * are not read here.
 */
export function decodeMessage(message: unknown): Message | AstraError {
  try {
    const [type, ...fields] = checkList(message, { what: 'message', min: 1, max: MAX_FIELDS })
    const index = checkInteger('type', type, { min: 0, max: MESSAGE_TYPES.length - 1 })
    return decodeFields(MESSAGE_TYPES[index] as Message['type'], fields)
  } catch (error) {
    const why = error instanceof Error ? error.message : 'it cannot be read'
    const text = `the peer sent a malformed registry message: ${why}`
    return new AstraError('ASTRA_ERR_REGISTRY_MESSAGE', text, { cause: error })
  }
}

function decodeFields(type: Message['type'], fields: readonly unknown[]): Message {
  switch (type) {
    case 'greeting':
      return decodeGreeting(fields)
    case 'buckets':
      return { type, buckets: decodeBuckets(fields[0]) }
    case 'versions':
      return { type, items: decodeVersions(fields[0]), hasMore: checkFlag(fields[1], 'more') }
    case 'deltas':
      return { type, deltas: listOf(fields[0], 'deltas', MAX_DELTAS).map(decodeDelta) }
    case 'ask':
      return { type, items: listOf(fields[0], 'items', MAX_ITEMS_PER_MESSAGE).map(decodeAsked) }
    case 'announce':
    case 'confirmed':
      return { type, items: decodeVersions(fields[0]) }
    case 'gone':
    case 'confirm': {
      const owners = listOf(fields[0], 'owners', MAX_ITEMS_PER_MESSAGE)
      return { type, owners: owners.map((owner) => checkNodeIdBytes(owner, 'owner')) }
    }
    case 'wants':
      return decodeWants(fields)
    case 'settled':
      return { type, token: checkCount(fields[0], 'token') }
    case 'root':
      return { type, root: checkMix(fields[0], 'root') }
    case 'restart':
      return { type }
  }
}

function decodeGreeting(fields: readonly unknown[]): Message {
  const [root, count, items] = fields
  return {
    type: 'greeting',
    root: checkMix(root, 'root'),
    count: checkCount(count, 'count'),
    items: items === null ? undefined : decodeVersions(items, MAX_GREETING_ITEMS),
  }
}

function decodeWants([token, all, add, remove, held]: readonly unknown[]): Message {
  return {
    type: 'wants',
    token: checkCount(token, 'token'),
    all: checkFlag(all, 'all'),
    add: listOf(add, 'names', MAX_WANTED_NAMES).map(decodeName),
    remove: listOf(remove, 'names', MAX_WANTED_NAMES).map(decodeName),
    held: decodeVersions(held),
  }
}

function decodeBuckets(value: unknown): readonly number[] {
  const items = checkList(value, { what: 'buckets', min: BUCKETS, max: BUCKETS })
  return Array.from(items, (item) => checkMix(item, 'bucket'))
}

function decodeVersions(value: unknown, max: number = MAX_ITEMS_PER_MESSAGE): LogVersion[] {
  return listOf(value, 'items', max).map((item) => {
    const fields = checkList(item, { what: 'version', min: 5, max: MAX_FIELDS })
    const { owner, kind } = decodeId(fields[0], fields[1])
    return { owner, kind, version: decodeVersion(fields, 2) }
  })
}

function decodeAsked(item: unknown): AskedLog {
  const [owner, kind, held] = checkList(item, { what: 'item', min: 3, max: MAX_FIELDS })
  return { ...decodeId(owner, kind), held: decodePosition(held, 'held') }
}

function decodeName(item: unknown): WantedName {
  const [environment, name] = checkList(item, { what: 'name', min: 2, max: MAX_FIELDS })
  const key = checkServiceKey(environment, name, 0)
  return { environment: key.environment, name: key.name }
}

function decodeDelta(value: unknown): Delta {
  const fields = checkList(value, { what: 'delta', min: 7, max: MAX_FIELDS })
  const [owner, kind, key, state, position, more, entries] = fields
  const publicKey = key === null ? undefined : checkBytes(key, 'public key', PUBLIC_KEY_BYTES)
  const since = decodePosition(position, 'since')
  if (since === undefined && publicKey === undefined) throw new TypeError('a snapshot must have a public key')
  const id = decodeId(owner, kind)
  return {
    owner: id.owner,
    kind: id.kind,
    publicKey,
    state: decodeState(state),
    since,
    hasMore: checkFlag(more, 'more'),
    entries: checkBytes(entries, 'entries', { min: 0, max: MAX_MESSAGE_BYTES }),
  }
}

function decodeState(value: unknown): SignedState {
  const fields = checkList(value, { what: 'state', min: 7, max: MAX_FIELDS })
  const [incarnation, sequence, watermark, count, size, rootBytes, signature] = fields
  const root = checkBytes(rootBytes, 'root', HASH_BYTES)
  const state: SignedState = {
    incarnation: checkCount(incarnation, 'incarnation'),
    sequence: checkCount(sequence, 'sequence'),
    check: checkOf(root),
    watermark: checkCount(watermark, 'watermark'),
    count: checkInteger('count', count, { min: 0, max: 0xffff_ffff }),
    size: checkInteger('size', size, { min: 0, max: 0xffff_ffff }),
    root,
    signature: checkBytes(signature, 'signature', SIGNATURE_BYTES),
  }
  if (state.watermark > state.sequence) throw new RangeError('watermark must not be above the sequence')
  return state
}

function decodeId(owner: unknown, kind: unknown): LogId {
  const index = checkInteger('kind', kind, { min: 0, max: LOG_KINDS.length - 1 })
  return { owner: checkNodeIdBytes(owner, 'owner'), kind: index === 0 ? 'services' : 'links' }
}

function decodePosition(value: unknown, what: string): Version | undefined {
  return value === null ? undefined : decodeVersion(checkList(value, { what, min: 3, max: MAX_FIELDS }), 0)
}

/** The version in three fields from `at` on. */
function decodeVersion(fields: readonly unknown[], at: number): Version {
  return {
    incarnation: checkCount(fields[at], 'incarnation'),
    sequence: checkCount(fields[at + 1], 'sequence'),
    check: checkMix(fields[at + 2], 'check'),
  }
}

function checkMix(value: unknown, what: string): number {
  return checkInteger(what, value, { min: 0, max: MAX_MIX })
}

function listOf(value: unknown, what: string, max: number): readonly unknown[] {
  return Array.from(checkList(value, { what, min: 0, max }))
}
