import { nodeIdFromBytes, nodeIdToBytes, type NodeId } from '@astranet/interface'
import { checkInteger } from '@astranet/interface/check'

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
export const PREAMBLE_BYTES = 38

/** Length of the nonce in bytes. */
export const NONCE_BYTES = 16

/** How a side got the connection: it dialed, it accepted, or neither (`either`: both sides were given the pipe). */
export type LinkRole = 'dialer' | 'acceptor' | 'either'

/** What each side sends before anything else (spec section 3). */
export interface Preamble {
  /** Number of the QMux draft that follows, 0 to 65535. */
  readonly qmuxDraft: number
  readonly role: LinkRole
  /**
   * Reserved (spec section 3.2): the pipe continues an earlier one. This version never sends it and closes when it
   * arrives.
   */
  readonly isResuming: boolean
  /** 16 fresh random bytes. */
  readonly nonce: Uint8Array
  /** The node id that the sender claims; its HELLO repeats it. */
  readonly nodeId: NodeId
}

/** The fields' offsets in bytes. */
export const PreambleOffset = { VERSION: 8, DRAFT: 10, ROLE: 12, FLAGS: 13, NONCE: 14, NODE_ID: 30 } as const

/** Flags: the lower four bits must be understood, the upper four are ignored. */
export const PreambleFlag = { NEW: 0x01, RESUMING: 0x02, MUST_UNDERSTAND: 0x0f } as const

/** The roles in the order of their numbers on the wire: dialer 1, acceptor 2, either 3. */
export const LINK_ROLES: readonly LinkRole[] = ['dialer', 'acceptor', 'either']

/**
 * The preamble's bytes. Throws a `RangeError` when the nonce is not 16 bytes or the draft not a 16-bit number.
 */
export function encodePreamble(preamble: Preamble): Uint8Array {
  const { nonce, qmuxDraft } = preamble
  if (nonce.length !== NONCE_BYTES) {
    throw new RangeError(`nonce must be ${NONCE_BYTES} bytes, got ${nonce.length}`)
  }
  checkInteger('qmuxDraft', qmuxDraft, { min: 0, max: 0xffff })
  const bytes = new Uint8Array(PREAMBLE_BYTES)
  const view = new DataView(bytes.buffer)
  bytes.set(PREAMBLE_MAGIC)
  view.setUint16(PreambleOffset.VERSION, ASTRANET_VERSION)
  view.setUint16(PreambleOffset.DRAFT, qmuxDraft)
  bytes[PreambleOffset.ROLE] = LINK_ROLES.indexOf(preamble.role) + 1
  bytes[PreambleOffset.FLAGS] = preamble.isResuming ? PreambleFlag.RESUMING : PreambleFlag.NEW
  bytes.set(nonce, PreambleOffset.NONCE)
  bytes.set(nodeIdToBytes(preamble.nodeId), PreambleOffset.NODE_ID)
  return bytes
}

/** Reads the fields behind the version of a preamble whose bytes were all checked. */
export function readPreamble(bytes: Uint8Array): Preamble {
  const view = new DataView(bytes.buffer, bytes.byteOffset, PREAMBLE_BYTES)
  return {
    qmuxDraft: view.getUint16(PreambleOffset.DRAFT),
    role: LINK_ROLES[view.getUint8(PreambleOffset.ROLE) - 1] ?? 'either',
    isResuming: (view.getUint8(PreambleOffset.FLAGS) & PreambleFlag.RESUMING) !== 0,
    nonce: bytes.slice(PreambleOffset.NONCE, PreambleOffset.NODE_ID),
    nodeId: nodeIdFromBytes(bytes.subarray(PreambleOffset.NODE_ID, PREAMBLE_BYTES)),
  }
}
