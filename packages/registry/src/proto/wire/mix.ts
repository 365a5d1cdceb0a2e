import type { NodeId } from '@astranet/interface'
import { BUCKETS } from '../model/limits.js'
import { logKindNumber } from '../log/log-id.js'
import type { LogVersion } from './message.js'

const TWO_32 = 0x1_0000_0000

/**
 * 6 bytes that stand for one version of one log, as a number: the lower 2 bytes of MurmurHash3 with the seed 1 above
 * the 4 bytes of the one with the seed 0 (spec section 5.1). Sets of versions are compared by the XOR of these.
 */
export function mix({ owner, kind, version }: LogVersion): number {
  const words = [
    Number(owner & 0xffff_ffffn),
    Number(owner >> 32n),
    logKindNumber(kind),
    version.incarnation % TWO_32,
    Math.floor(version.incarnation / TWO_32),
    version.sequence % TWO_32,
    Math.floor(version.sequence / TWO_32),
    version.check % TWO_32,
    Math.floor(version.check / TWO_32),
  ]
  return (murmur3(words, 1) & 0xffff) * TWO_32 + murmur3(words, 0)
}

/** The XOR of two numbers of 6 bytes. */
export function xorMix(a: number, b: number): number {
  const high = Math.floor(a / TWO_32) ^ Math.floor(b / TWO_32)
  return high * TWO_32 + ((a ^ b) >>> 0)
}

/** The bucket of an owner: the first byte of its id. */
export function bucketOf(owner: NodeId): number {
  return Number(owner >> 56n) % BUCKETS
}

/** MurmurHash3_x86_32 of words of 4 bytes. */
function murmur3(words: readonly number[], seed: number): number {
  let hash = seed
  for (const word of words) {
    const scrambled = Math.imul(word, 0xcc9e_2d51)
    hash ^= Math.imul((scrambled << 15) | (scrambled >>> 17), 0x1b87_3593)
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe654_6b64) | 0
  }
  hash ^= words.length * 4
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
