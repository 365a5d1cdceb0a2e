import { AstraError, nodeIdToBytes, type NodeId } from '@astranet/interface'
import type { Delta } from '../log/delta.js'
import { checkCount, checkList, checkNodeIdBytes } from '../model/check-wire.js'
import { decodeEntry, encodeEntry, type Entry } from '../model/entry.js'
import { MAX_ENTRIES_PER_MESSAGE, MAX_OWNERS_PER_DIGEST } from '../model/limits.js'
import type { PlainValue } from '../model/plain-value.js'
import type { Version } from '../model/version.js'

/**
 * One message between two neighbours' catalogues, made of plain values, ready to be encoded. It takes at most
 * `MAX_MESSAGE_BYTES` as msgpack. Its fields are described in `spec/registry.md`.
 */
export type RegistryMessage = readonly PlainValue[]

/** What the sender holds, per owner; the receiver answers with what is newer. */
export interface Digest {
  readonly type: 'digest'
  readonly held: readonly { readonly owner: NodeId; readonly version: Version }[]
}

/** The sender has moved the exchange to another link and does not know what was lost: the exchange starts over. */
export interface Restart {
  readonly type: 'restart'
}

const MESSAGE_DIGEST = 0x00
const MESSAGE_DELTA = 0x01
const MESSAGE_RESTART = 0x02

/** A restart as plain values. */
export const RESTART: RegistryMessage = Object.freeze([MESSAGE_RESTART])

/** A digest as plain values. */
export function encodeDigest(digest: Omit<Digest, 'type'>): RegistryMessage {
  const held = digest.held.map(({ owner, version }) => [
    nodeIdToBytes(owner),
    version.incarnation,
    version.sequence,
  ])
  return [MESSAGE_DIGEST, held]
}

/** A delta as plain values. */
export function encodeDelta(delta: Omit<Delta, 'type'>): RegistryMessage {
  const { owner, incarnation, since, until, hasMore, entries, continues } = delta
  const ownerBytes = nodeIdToBytes(owner)
  const fields = [MESSAGE_DELTA, ownerBytes, incarnation, since, until, hasMore, entries.map(encodeEntry)]
  return continues === undefined ? fields : [...fields, continues]
}

/**
 * Reads any value that a peer sent. Never throws: what is not a message by `spec/registry.md` becomes an error with the
 * code `ASTRA_ERR_REGISTRY_MESSAGE` that names what is wrong with it.
 */
export function decodeMessage(message: unknown): Digest | Delta | Restart | AstraError {
  try {
    const [type, ...fields] = checkList(message, { what: 'message', min: 1, max: 64 })
    if (type === MESSAGE_DIGEST) return decodeDigest(fields)
    if (type === MESSAGE_DELTA) return decodeDelta(fields)
    if (type === MESSAGE_RESTART) return { type: 'restart' }
    throw new TypeError('it is neither a digest, a delta nor a restart')
  } catch (error) {
    const why = error instanceof Error ? error.message : 'it cannot be read'
    return new AstraError(
      'ASTRA_ERR_REGISTRY_MESSAGE',
      `the peer sent a malformed registry message: ${why}`,
      {
        cause: error,
      },
    )
  }
}

function decodeDigest(fields: readonly unknown[]): Digest {
  const items = checkList(fields[0], { what: 'digest', min: 0, max: MAX_OWNERS_PER_DIGEST })
  const held = Array.from(items, (item) => {
    const [owner, incarnation, sequence] = checkList(item, { what: 'digest item', min: 3, max: 64 })
    const version = {
      incarnation: checkCount(incarnation, 'incarnation'),
      sequence: checkCount(sequence, 'sequence'),
    }
    return { owner: checkNodeIdBytes(owner, 'owner'), version }
  })
  return { type: 'digest', held }
}

function decodeDelta(fields: readonly unknown[]): Delta {
  if (fields.length < 6) throw new TypeError('delta must have 7 fields')
  const owner = checkNodeIdBytes(fields[0], 'owner')
  const incarnation = checkCount(fields[1], 'incarnation')
  const since = checkCount(fields[2], 'since')
  const until = checkCount(fields[3], 'until')
  const hasMore = fields[4]
  if (typeof hasMore !== 'boolean') throw new TypeError(`more must be a boolean, got ${typeof hasMore}`)
  if (until < since) throw new RangeError(`until must not be below since, got ${until} below ${since}`)
  const continues =
    fields[6] === undefined || fields[6] === null ? undefined : checkCount(fields[6], 'continues')
  if (continues !== undefined && continues >= incarnation) {
    throw new RangeError(`continues must be below the incarnation, got ${continues} of ${incarnation}`)
  }
  const items = checkList(fields[5], { what: 'entries', min: 0, max: MAX_ENTRIES_PER_MESSAGE })
  const entries: Entry[] = []
  let last = since
  for (const item of items) {
    const [sequence, ...rest] = checkList(item, { what: 'entry', min: 4, max: 64 })
    const next = checkCount(sequence, 'sequence')
    if (next <= last || next > until)
      throw new RangeError('sequences of entries must grow from since to until')
    last = next
    const entry = decodeEntry(next, rest)
    if (entry !== undefined) entries.push(entry)
  }
  return { type: 'delta', owner, incarnation, since, until, hasMore, entries, continues }
}
