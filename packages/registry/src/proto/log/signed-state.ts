import { concatBytes } from '@astranet/interface'
import { asciiBytes } from '@astranet/interface/bytes'
import { outOfRange } from '@astranet/interface/check'
import { HASH_BYTES } from '../crypto.js'
import type { Version } from '../model/version.js'
import { logKindNumber, type LogKind } from './log-id.js'

/** What an owner signs about one of its logs once per batch of changes. `sequence` is that of its newest change. */
export interface SignedState extends Version {
  /** Tombstones of this sequence and below have been dropped. 0: none has. */
  readonly watermark: number
  /** Entries, with tombstones. */
  readonly count: number
  /** Bytes of all entries as they are stored. */
  readonly size: number
  /** SHA-256 of all entries as they are stored, in the order of their sequences. 32 bytes. */
  readonly root: Uint8Array
  /** The owner's Ed25519 signature over {@link statementOf} this state. 64 bytes. */
  readonly signature: Uint8Array
}

const LABEL = asciiBytes('astranet registry state 1')

/** kind, incarnation, sequence, watermark, count and size. */
const NUMBERS_BYTES = 1 + 8 + 8 + 8 + 4 + 4

/** The bytes that the owner signs (spec section 4). */
export function statementOf(kind: LogKind, state: Omit<SignedState, 'check' | 'signature'>): Uint8Array {
  const numbers = new Uint8Array(NUMBERS_BYTES)
  const view = new DataView(numbers.buffer)
  view.setUint8(0, logKindNumber(kind))
  setInteger(view, 1, state.incarnation)
  setInteger(view, 9, state.sequence)
  setInteger(view, 17, state.watermark)
  view.setUint32(25, state.count)
  view.setUint32(29, state.size)
  return concatBytes([LABEL, numbers, state.root])
}

/** Writes 8 bytes. */
function setInteger(view: DataView, at: number, value: number): void {
  view.setUint32(at, Math.floor(value / 0x1_0000_0000))
  view.setUint32(at + 4, value % 0x1_0000_0000)
}

/** The `check` of a version: the first 6 bytes of its root, big-endian. */
export function checkOf(root: Uint8Array): number {
  if (root.length !== HASH_BYTES) throw outOfRange('root', `${HASH_BYTES} bytes`, root.length)
  const view = new DataView(root.buffer, root.byteOffset, root.length)
  return view.getUint16(0) * 0x1_0000_0000 + view.getUint32(2)
}
