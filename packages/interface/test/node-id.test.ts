import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  formatNodeId,
  isNodeIdText,
  nodeIdFromBytes,
  nodeIdToBytes,
  parseNodeId,
  toNodeId,
} from '@astranet/interface'

const nodeIds = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(toNodeId)

describe('a node id', () => {
  it('survives its text form, in either case', () => {
    fc.assert(
      fc.property(nodeIds, (id) => {
        const text = formatNodeId(id)
        expect(text).toMatch(/^n[a-z2-7]{13}$/)
        expect(isNodeIdText(text)).toBe(true)
        expect(parseNodeId(text)).toBe(id)
        expect(parseNodeId(text.toUpperCase())).toBe(id)
      }),
    )
  })

  it('survives its 8 bytes, wherever they lie in their buffer', () => {
    fc.assert(
      fc.property(nodeIds, (id) => {
        const shifted = Uint8Array.from([1, 2, 3, ...nodeIdToBytes(id), 4]).subarray(3, 11)
        expect(nodeIdFromBytes(shifted)).toBe(id)
      }),
    )
  })

  it('sorts by its bytes as it does as a number', () => {
    fc.assert(
      fc.property(nodeIds, nodeIds, (one, other) => {
        const order = Buffer.compare(nodeIdToBytes(one), nodeIdToBytes(other))
        expect(order).toBe(one < other ? -1 : one > other ? 1 : 0)
      }),
    )
  })

  it('has known text forms', () => {
    expect(formatNodeId(toNodeId(0n))).toBe('naaaaaaaaaaaaa')
    expect(formatNodeId(toNodeId(1n))).toBe('naaaaaaaaaaaab')
    expect(formatNodeId(toNodeId(2n ** 64n - 1n))).toBe('np777777777777')
  })

  it('is a bigint of 64 bits without a sign', () => {
    expect(() => toNodeId(-1n)).toThrow(RangeError)
    expect(() => toNodeId(2n ** 64n)).toThrow(RangeError)
    expect(() => toNodeId(7 as unknown as bigint)).toThrow(TypeError)
  })

  it.each([
    '',
    'n',
    'naaaaaaaaaaaa',
    'naaaaaaaaaaaaaa',
    'xaaaaaaaaaaaaa',
    'naaaaaaaaaaaa1',
    'naaaaaaaaaaaaa\n',
  ])('is not %j', (text) => {
    expect(isNodeIdText(text)).toBe(false)
    expect(() => parseNodeId(text)).toThrow(TypeError)
  })

  it('has a text of at most 64 bits', () => {
    expect(() => parseNodeId('nqaaaaaaaaaaaa')).toThrow(RangeError)
  })

  it('has exactly 8 bytes', () => {
    expect(() => nodeIdFromBytes(new Uint8Array(7))).toThrow(RangeError)
    expect(() => nodeIdFromBytes(new Uint8Array(9))).toThrow(RangeError)
  })
})
