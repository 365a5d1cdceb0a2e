import { checkInteger, outOfRange } from '@astranet/interface/check'

/** The version of the node protocol that this package speaks. */
export const ASTRANET_VERSION = 1

/** The ALPN name of this version over QMux draft 2. Both sides close unless TLS agreed on exactly this name. */
export const ALPN_PROTOCOL = 'astranet-1-qx02'

/**
 * The first 8 bytes of every link. No text, HTTP, SSH or TLS begins with them: 0xa5 cannot begin UTF-8 text nor a TLS
 * record, and a path that rewrites line ends damages CR LF LF.
 */
export const PREAMBLE_MAGIC: readonly number[] = [0xa5, 0x41, 0x53, 0x54, 0x52, 0x0d, 0x0a, 0x0a]

/** Length of the preamble in bytes, in every version 1. */
export const PREAMBLE_BYTES = 46

/** Length of the nonce in bytes. */
export const NONCE_BYTES = 16

/** Length of a key id in bytes. */
export const KEY_ID_BYTES = 16

/** How a side got the connection: it dialed, it accepted, or neither (`either`: both sides were given the pipe). */
export type LinkRole = 'dialer' | 'acceptor' | 'either'

/** What each side sends before anything else, in the clear (spec section 3). The handshake authenticates it. */
export interface Preamble {
  /** Number of the QMux draft that follows, 0 to 65535. */
  readonly qmuxDraft: number
  readonly role: LinkRole
  /**
   * Reserved (spec section 3.2): the pipe continues an earlier one. This version never sends it and closes when it
   * arrives.
   */
  readonly isResuming: boolean
  /** The sender has the network's secret, or a grant in its place. */
  readonly hasSecret: boolean
  /** The sender wants the pipe to be encrypted even where that is not needed. */
  readonly insistsOnEncryption: boolean
  /** Only the sender's machine can read or change the bytes, as far as the sender knows. */
  readonly isPrivate: boolean
  /** The sender terminates TLS itself and can export keying material. */
  readonly hasExporter: boolean
  /** 16 fresh random bytes. */
  readonly nonce: Uint8Array
  /** 16 bytes: zeros for the network's secret, otherwise the id of the grant that a dialer presents. */
  readonly keyId: Uint8Array
}

/** The fields' offsets in bytes. */
export const PreambleOffset = { VERSION: 8, DRAFT: 10, ROLE: 12, FLAGS: 13, NONCE: 14, KEY_ID: 30 } as const

/** Flags. The lower four bits say how to go on: exactly one of the first two is set, and neither of the others. */
export const PreambleFlag = {
  NEW: 0x01,
  RESUMING: 0x02,
  SECRET: 0x10,
  INSISTS: 0x20,
  PRIVATE: 0x40,
  EXPORTER: 0x80,
  /** The bits that must be exactly `NEW` in this version. */
  MODE: 0x0f,
} as const

/** The roles in the order of their numbers on the wire: dialer 1, acceptor 2, either 3. */
export const LINK_ROLES: readonly LinkRole[] = ['dialer', 'acceptor', 'either']

/** The key id of the network's secret, and of a side that has none. */
export const NO_KEY_ID: Uint8Array = new Uint8Array(KEY_ID_BYTES)

/** Whether the sender of a preamble presents a grant. */
export function presentsGrant({ keyId }: Pick<Preamble, 'keyId'>): boolean {
  return keyId.some((byte) => byte !== 0)
}

/**
 * The preamble's bytes. Throws a `RangeError` when the nonce or the key id is not 16 bytes or the draft not a 16-bit
 * number.
 */
export function encodePreamble(preamble: Preamble): Uint8Array {
  const { nonce, keyId, qmuxDraft } = preamble
  checkLength('nonce', nonce, NONCE_BYTES)
  checkLength('keyId', keyId, KEY_ID_BYTES)
  checkInteger('qmuxDraft', qmuxDraft, { min: 0, max: 0xffff })
  const bytes = new Uint8Array(PREAMBLE_BYTES)
  const view = new DataView(bytes.buffer)
  bytes.set(PREAMBLE_MAGIC)
  view.setUint16(PreambleOffset.VERSION, ASTRANET_VERSION)
  view.setUint16(PreambleOffset.DRAFT, qmuxDraft)
  bytes[PreambleOffset.ROLE] = LINK_ROLES.indexOf(preamble.role) + 1
  bytes[PreambleOffset.FLAGS] = flagsOf(preamble)
  bytes.set(nonce, PreambleOffset.NONCE)
  bytes.set(keyId, PreambleOffset.KEY_ID)
  return bytes
}

/** Reads the fields behind the version of a preamble whose bytes were all checked. */
export function readPreamble(bytes: Uint8Array): Preamble {
  const view = new DataView(bytes.buffer, bytes.byteOffset, PREAMBLE_BYTES)
  const flags = view.getUint8(PreambleOffset.FLAGS)
  const has = (flag: number): boolean => (flags & flag) !== 0
  return {
    qmuxDraft: view.getUint16(PreambleOffset.DRAFT),
    role: LINK_ROLES[view.getUint8(PreambleOffset.ROLE) - 1] ?? 'either',
    isResuming: has(PreambleFlag.RESUMING),
    hasSecret: has(PreambleFlag.SECRET),
    insistsOnEncryption: has(PreambleFlag.INSISTS),
    isPrivate: has(PreambleFlag.PRIVATE),
    hasExporter: has(PreambleFlag.EXPORTER),
    nonce: new Uint8Array(bytes.subarray(PreambleOffset.NONCE, PreambleOffset.KEY_ID)),
    keyId: new Uint8Array(bytes.subarray(PreambleOffset.KEY_ID, PREAMBLE_BYTES)),
  }
}

function flagsOf(preamble: Preamble): number {
  return (
    (preamble.isResuming ? PreambleFlag.RESUMING : PreambleFlag.NEW) |
    (preamble.hasSecret ? PreambleFlag.SECRET : 0) |
    (preamble.insistsOnEncryption ? PreambleFlag.INSISTS : 0) |
    (preamble.isPrivate ? PreambleFlag.PRIVATE : 0) |
    (preamble.hasExporter ? PreambleFlag.EXPORTER : 0)
  )
}

function checkLength(name: string, bytes: Uint8Array, length: number): void {
  if (bytes.length !== length) throw outOfRange(name, `${length} bytes`, bytes.length)
}
