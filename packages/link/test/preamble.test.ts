import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  encodePreamble,
  LINK_ROLES,
  PREAMBLE_BYTES,
  PREAMBLE_MAGIC,
  type Preamble,
} from '../src/proto/preamble.js'
import { PreambleParser, type PreambleResult } from '../src/proto/preamble-parser.js'

const DRAFT = 2

const preambles: fc.Arbitrary<Preamble> = fc.record({
  qmuxDraft: fc.constant(DRAFT),
  role: fc.constantFrom(...LINK_ROLES),
  isResuming: fc.constant(false),
  hasSecret: fc.boolean(),
  insistsOnEncryption: fc.boolean(),
  isPrivate: fc.boolean(),
  hasExporter: fc.boolean(),
  nonce: fc.uint8Array({ minLength: 16, maxLength: 16 }),
  keyId: fc.uint8Array({ minLength: 16, maxLength: 16 }),
})

const plain: Preamble = {
  qmuxDraft: DRAFT,
  role: 'dialer',
  isResuming: false,
  hasSecret: true,
  insistsOnEncryption: false,
  isPrivate: false,
  hasExporter: false,
  nonce: Uint8Array.from({ length: 16 }, (_, index) => index),
  keyId: Uint8Array.from({ length: 16 }, (_, index) => 0xf0 + index),
}

/** Feeds the bytes one at a time, each time all so far; where it stopped and why. */
function parseByteByByte(bytes: Uint8Array): { result: PreambleResult; at: number } {
  const parser = new PreambleParser(DRAFT)
  let result: PreambleResult = { kind: 'incomplete' }
  for (let at = 0; at < bytes.length; at++) {
    result = parser.read(bytes.subarray(0, at + 1))
    if (result.kind !== 'incomplete') return { result, at }
  }
  return { result, at: bytes.length }
}

function changed(offset: number, value: number): Uint8Array {
  const bytes = encodePreamble(plain)
  bytes[offset] = value
  return bytes
}

describe('the preamble', () => {
  it('has the bytes that the specification shows', () => {
    const hex = Array.from(encodePreamble(plain), (byte) => byte.toString(16).padStart(2, '0')).join(' ')
    expect(hex).toBe(
      'a5 41 53 54 52 0d 0a 0a 00 01 00 02 01 11 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f ' +
        'f0 f1 f2 f3 f4 f5 f6 f7 f8 f9 fa fb fc fd fe ff',
    )
  })

  it('is read back from any split, whatever comes behind it', () => {
    const run = fc.property(
      preambles,
      fc.uint8Array({ maxLength: 20 }),
      fc.nat(PREAMBLE_BYTES),
      (preamble, rest, split) => {
        const bytes = new Uint8Array(PREAMBLE_BYTES + rest.length)
        bytes.set(encodePreamble(preamble))
        bytes.set(rest, PREAMBLE_BYTES)
        const parser = new PreambleParser(DRAFT)
        const first = parser.read(bytes.subarray(0, split))
        const result = split === PREAMBLE_BYTES ? first : parser.read(bytes)
        expect(result).toEqual({ kind: 'preamble', preamble, bytes: bytes.subarray(0, PREAMBLE_BYTES) })
      },
    )
    fc.assert(run)
  })

  it('is complete with its last byte and not before', () => {
    expect(parseByteByByte(encodePreamble(plain))).toMatchObject({
      result: { kind: 'preamble' },
      at: PREAMBLE_BYTES - 1,
    })
    expect(parseByteByByte(encodePreamble(plain).subarray(0, -1)).result).toEqual({ kind: 'incomplete' })
  })

  it('fails at the first byte that is not the magic', () => {
    for (let offset = 0; offset < PREAMBLE_MAGIC.length; offset++) {
      const { result, at } = parseByteByByte(changed(offset, 0xee))
      expect(at).toBe(offset)
      expect(result).toMatchObject({ kind: 'error', error: { code: 'ASTRA_ERR_LINK_FOREIGN' } })
    }
  })

  it('says of text and TLS what they look like', () => {
    for (const [byte, words] of [
      [0x47, 'HTTP'],
      [0x16, 'TLS'],
    ] as const) {
      const { result } = parseByteByByte(Uint8Array.of(byte))
      expect(result.kind === 'error' && result.error.message).toContain(words)
    }
  })

  it('names both versions and both drafts when they differ', () => {
    expect(parseByteByByte(changed(9, 7))).toMatchObject({
      at: 9,
      result: {
        error: {
          code: 'ASTRA_ERR_LINK_VERSION',
          message: 'the peer speaks astranet version 7, this node speaks astranet version 1',
        },
      },
    })
    expect(parseByteByByte(changed(11, 3))).toMatchObject({
      at: 11,
      result: { error: { message: 'the peer speaks QMux draft 3, this node speaks QMux draft 2' } },
    })
  })

  it('refuses unknown roles, resuming, and flags it must understand', () => {
    for (const [offset, value, words] of [
      [12, 0, 'role 0'],
      [12, 4, 'role 4'],
      [13, 2, 'resume'],
      [13, 3, 'flags 0x03'],
      [13, 5, 'flags 0x05'],
      [13, 9, 'flags 0x09'],
      [13, 0xf0, 'flags 0x00'],
      [13, 0, 'flags 0x00'],
    ] as const) {
      const { result, at } = parseByteByByte(changed(offset, value))
      expect(at).toBe(offset)
      expect(result.kind === 'error' && result.error.message).toContain(words)
    }
  })

  it('never throws on what a peer sends', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => void new PreambleParser(DRAFT).read(bytes)),
    )
  })

  it('throws on wrong use: a short nonce or key id, an odd draft', () => {
    expect(() => encodePreamble({ ...plain, nonce: new Uint8Array(15) })).toThrow(/nonce/)
    expect(() => encodePreamble({ ...plain, keyId: new Uint8Array(17) })).toThrow(/keyId/)
    expect(() => encodePreamble({ ...plain, qmuxDraft: 65_536 })).toThrow(/qmuxDraft/)
  })
})
