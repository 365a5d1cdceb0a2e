import { CloseCode, LinkError } from './error-codes.js'
import {
  ASTRANET_VERSION,
  LINK_ROLES,
  PREAMBLE_BYTES,
  PREAMBLE_MAGIC,
  PreambleFlag,
  PreambleOffset,
  readPreamble,
  type Preamble,
} from './preamble.js'

/** The result of a {@link PreambleParser} after the bytes so far. */
export type PreambleResult =
  | { readonly kind: 'incomplete' }
  | {
      readonly kind: 'preamble'
      readonly preamble: Preamble
      /** The 46 bytes as they arrived. */
      readonly bytes: Uint8Array
    }
  | {
      readonly kind: 'error'
      /** `ASTRA_ERR_LINK_FOREIGN`, `ASTRA_ERR_LINK_VERSION` or `ASTRA_ERR_LINK_PROTOCOL`. */
      readonly error: LinkError
    }

const BROKEN_RULE = { closeCode: CloseCode.PROTOCOL_ERROR }

const INCOMPLETE: PreambleResult = { kind: 'incomplete' }

/**
 * Reads the peer's preamble from what has arrived so far, and checks every field as soon as its last byte is there, so
 * that a foreign protocol is recognised by its first wrong byte. Each call is given everything from the first byte on.
 */
export class PreambleParser {
  readonly #ownDraft: number
  #bytes: Uint8Array = new Uint8Array(0)
  /** How many bytes were checked. */
  #checked = 0

  /** `ownDraft` is the number of the QMux draft that this side speaks. */
  constructor(ownDraft: number) {
    this.#ownDraft = ownDraft
  }

  read(bytes: Uint8Array): PreambleResult {
    this.#bytes = bytes
    const end = Math.min(bytes.length, PREAMBLE_BYTES)
    while (this.#checked < end) {
      const error = this.#check(this.#checked)
      if (error !== undefined) return { kind: 'error', error }
      this.#checked++
    }
    if (end < PREAMBLE_BYTES) return INCOMPLETE
    const own = new Uint8Array(bytes.subarray(0, PREAMBLE_BYTES))
    return { kind: 'preamble', preamble: readPreamble(own), bytes: own }
  }

  /** Checks the field that the byte at `at` completes. */
  #check(at: number): LinkError | undefined {
    if (at < PREAMBLE_MAGIC.length) return this.#checkMagic(at)
    const byte = this.#bytes[at] as number
    switch (at) {
      case PreambleOffset.VERSION + 1:
        return checkVersion('astranet version', this.#uint16(PreambleOffset.VERSION), ASTRANET_VERSION)
      case PreambleOffset.DRAFT + 1:
        return checkVersion('QMux draft', this.#uint16(PreambleOffset.DRAFT), this.#ownDraft)
      case PreambleOffset.ROLE:
        return LINK_ROLES[byte - 1] === undefined ? violation(`has the unknown role ${byte}`) : undefined
      case PreambleOffset.FLAGS:
        return checkFlags(byte & PreambleFlag.MODE)
      default:
        return undefined
    }
  }

  #checkMagic(at: number): LinkError | undefined {
    const byte = this.#bytes[at] as number
    const expected = PREAMBLE_MAGIC[at] as number
    if (byte === expected) return undefined
    const message = `the peer does not speak astranet: byte ${at} is ${hex(byte)}, expected ${hex(expected)}`
    return new LinkError('ASTRA_ERR_LINK_FOREIGN', message + hint(at, byte), BROKEN_RULE)
  }

  #uint16(offset: number): number {
    return (this.#bytes[offset] as number) * 256 + (this.#bytes[offset + 1] as number)
  }
}

function checkVersion(what: string, theirs: number, ours: number): LinkError | undefined {
  if (theirs === ours) return undefined
  const message = `the peer speaks ${what} ${theirs}, this node speaks ${what} ${ours}`
  return new LinkError('ASTRA_ERR_LINK_VERSION', message, BROKEN_RULE)
}

function checkFlags(flags: number): LinkError | undefined {
  if (flags === PreambleFlag.NEW) return undefined
  if (flags === PreambleFlag.RESUMING) return violation('asks to resume, which this version cannot')
  return violation(`has flags ${hex(flags)} that this version does not know`)
}

function violation(what: string): LinkError {
  const message = `the peer's preamble ${what}`
  return new LinkError('ASTRA_ERR_LINK_PROTOCOL', message, BROKEN_RULE)
}

function hint(at: number, byte: number): string {
  if (at !== 0) return ''
  if (byte === 0x16) return ' (it looks like TLS)'
  return byte >= 0x20 && byte < 0x7f ? ' (it looks like text, such as HTTP or SSH)' : ''
}

function hex(byte: number): string {
  return `0x${byte.toString(16).padStart(2, '0')}`
}
