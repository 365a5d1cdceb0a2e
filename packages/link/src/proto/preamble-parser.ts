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
      /** The bytes behind the preamble: the beginning of QMux. May be empty. */
      readonly initialBytes: Uint8Array
    }
  | {
      readonly kind: 'error'
      /** `ASTRA_ERR_LINK_FOREIGN`, `ASTRA_ERR_LINK_VERSION` or `ASTRA_ERR_LINK_PROTOCOL`. */
      readonly error: LinkError
    }

const BROKEN_RULE = { closeCode: CloseCode.PROTOCOL_ERROR }

const INCOMPLETE: PreambleResult = { kind: 'incomplete' }

/**
 * Reads the peer's preamble from chunks of any size and checks every field as soon as its last byte has arrived, so
 * that a foreign protocol is recognised by its first wrong byte. Holds at most {@link PREAMBLE_BYTES} bytes.
 *
 * After a result other than `incomplete` the parser is used up: `push` throws a `TypeError`.
 */
export class PreambleParser {
  readonly #ownDraft: number
  readonly #bytes: Uint8Array = new Uint8Array(PREAMBLE_BYTES)
  #length = 0
  #isDone = false

  /** `ownDraft` is the number of the QMux draft that this side speaks. */
  constructor(ownDraft: number) {
    this.#ownDraft = ownDraft
  }

  push(chunk: Uint8Array): PreambleResult {
    if (this.#isDone) throw new TypeError('the preamble was already read')
    const taken = Math.min(chunk.length, PREAMBLE_BYTES - this.#length)
    for (let index = 0; index < taken; index++) {
      this.#bytes[this.#length] = chunk[index] as number
      this.#length++
      const error = this.#check()
      if (error !== undefined) return this.#end({ kind: 'error', error })
    }
    if (this.#length < PREAMBLE_BYTES) return INCOMPLETE
    return this.#end({
      kind: 'preamble',
      preamble: readPreamble(this.#bytes),
      initialBytes: chunk.subarray(taken),
    })
  }

  #end(result: PreambleResult): PreambleResult {
    this.#isDone = true
    return result
  }

  /** Checks the field that the newest byte completes. */
  #check(): LinkError | undefined {
    const at = this.#length - 1
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
        return checkFlags(byte & PreambleFlag.MUST_UNDERSTAND)
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
