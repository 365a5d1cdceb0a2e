import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto'

/** What a value of the reference's msgpack may be. A number with fractions is a float of 64 bits. */
export type Value = null | boolean | number | string | Uint8Array | readonly Value[]

/** What the vectors of spec/registry.md are made of. */
export const vectorInput = {
  privateKey: Uint8Array.from({ length: 32 }, (_, index) => 0x80 + index),
  incarnation: Date.UTC(2030, 0, 1) * 1024 + 7,
  /** The node at the other end of the link, and its incarnation. */
  neighbour: Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 2),
  neighbourIncarnation: Date.UTC(2030, 0, 2) * 1024,
  entries: [
    [1, 0, [], [['router'], ['tcp://192.0.2.1:4433'], []]],
    [2, 1, ['a/b', 'echo', 7], [['blue'], 1, 'eu', '1.0', 0]],
    [3, 1, ['a/b', 'echo', 7], [['blue'], 0, 'eu', '1.0', 1]],
    [4, 1, ['a/b', 'echo', 7], null],
  ],
  link: [1, 2, [Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 2)], [Date.UTC(2030, 0, 2) * 1024, 1.5]],
} as const

const key = createPrivateKey({
  key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), vectorInput.privateKey]),
  format: 'der',
  type: 'pkcs8',
})
const publicKey = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32)
const nodeId = createHash('sha256').update('astranet node id 1').update(publicKey).digest().subarray(0, 8)

interface State {
  readonly stored: Buffer
  readonly root: Buffer
  readonly check: number
  readonly statement: Buffer
  readonly signature: Buffer
  readonly sequence: number
  readonly wire: Value
}

/**
 * The vectors of spec/registry.md once more, step by step and on nothing but Node's primitives, so that they share no
 * mistake with the package. Names and values in the order of the specification.
 */
export function vectors(): Map<string, string> {
  const { entries, link, incarnation, neighbour } = vectorInput
  const [node, first, second, tombstone] = entries.map((entry) => message(entry)) as [
    Buffer,
    Buffer,
    Buffer,
    Buffer,
  ]
  const states = {
    A: stateOf(0, 2, [node, first]),
    B: stateOf(0, 3, [node, second]),
    C: stateOf(0, 4, [node, tombstone]),
    L: stateOf(1, 1, [message(link)]),
  }
  const { A, B, L } = states
  const versionA = [nodeId, 0, incarnation, 2, A.check]
  const versionL = [nodeId, 1, incarnation, 1, L.check]
  const mixes = [mixOf(0, 2, A.check), mixOf(1, 1, L.check)] as const
  const root = Number(mixes[0] ^ mixes[1])
  const buckets = Array.from({ length: 256 }, (_, index) => (index === nodeId[0] ? root : 0))
  const lines: [string, string | Uint8Array | number][] = [
    ['private key', vectorInput.privateKey],
    ['public key', publicKey],
    ['node id', nodeId],
    ['incarnation', incarnation],
    ['entry 1', node],
    ['entry 2', first],
    ['entry 3', second],
    ['entry 4', tombstone],
    ['link entry 1', message(link)],
    ...Object.entries(states).flatMap(([name, state]): [string, string | Uint8Array | number][] => [
      [`${name} root`, state.root],
      [`${name} statement`, state.statement],
      [`${name} signature`, state.signature],
      [`${name} check`, state.check],
    ]),
    ['mix of A', hex48(mixes[0])],
    ['mix of L', hex48(mixes[1])],
    ['root of A and L', hex48(BigInt(root))],
    ['bucket', nodeId[0] as number],
    ['greeting', message([0, root, 2, [versionA, versionL]])],
    ['greeting without items', message([0, root, 2, null])],
    ['buckets', message([1, buckets])],
    ['versions', message([2, [versionA, versionL], false])],
    ['deltas: a snapshot of A', message([3, [[nodeId, 0, publicKey, A.wire, null, false, A.stored]]])],
    [
      'deltas: from A to B',
      message([3, [[nodeId, 0, null, B.wire, [incarnation, 2, A.check], false, second]]]),
    ],
    [
      'deltas: the first part of L and C',
      message([
        3,
        [
          [nodeId, 1, publicKey, L.wire, null, false, L.stored],
          [nodeId, 0, publicKey, states.C.wire, null, true, node],
        ],
      ]),
    ],
    [
      'deltas: the second part of C',
      message([3, [[nodeId, 0, null, states.C.wire, [incarnation, 1, 0], false, tombstone]]]),
    ],
    [
      'ask',
      message([
        4,
        [
          [nodeId, 0, [incarnation, 2, A.check]],
          [nodeId, 1, null],
        ],
      ]),
    ],
    ['announce', message([5, [versionL]])],
    ['gone', message([6, [nodeId, neighbour]])],
    ['confirm', message([7, [nodeId, neighbour]])],
    ['wants', message([8, 1, false, [['a/b', 'echo']], [], [versionA]])],
    ['settled', message([9, 1])],
    ['root', message([10, root])],
    ['restart', message([11])],
    ['confirmed', message([12, [versionA]])],
  ]
  return new Map(lines.map(([name, value]) => [name, text(value)]))
}

function text(value: string | Uint8Array | number): string {
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : `${value}`
}

function hex48(value: bigint): string {
  return value.toString(16).padStart(12, '0')
}

function stateOf(kind: number, sequence: number, entries: readonly Buffer[]): State {
  const { incarnation } = vectorInput
  const stored = Buffer.concat(entries)
  const root = createHash('sha256').update(stored).digest()
  const numbers = Buffer.alloc(33)
  numbers.writeUInt8(kind, 0)
  numbers.writeBigUInt64BE(BigInt(incarnation), 1)
  numbers.writeBigUInt64BE(BigInt(sequence), 9)
  numbers.writeBigUInt64BE(0n, 17)
  numbers.writeUInt32BE(entries.length, 25)
  numbers.writeUInt32BE(stored.length, 29)
  const statement = Buffer.concat([Buffer.from('astranet registry state 1'), numbers, root])
  const signature = sign(null, statement, key)
  const wire = [incarnation, sequence, 0, entries.length, stored.length, root, signature]
  return { stored, root, check: root.readUIntBE(0, 6), statement, signature, sequence, wire }
}

function mixOf(kind: number, sequence: number, check: number): bigint {
  const bytes = Buffer.alloc(36)
  bytes.writeBigUInt64LE(nodeId.readBigUInt64BE(), 0)
  bytes.writeUInt32LE(kind, 8)
  bytes.writeBigUInt64LE(BigInt(vectorInput.incarnation), 12)
  bytes.writeBigUInt64LE(BigInt(sequence), 20)
  bytes.writeBigUInt64LE(BigInt(check), 28)
  return ((murmur3(bytes, 1n) & 0xffffn) << 32n) | murmur3(bytes, 0n)
}

/** MurmurHash3_x86_32 of whole blocks, as its author describes it, on numbers without a limit. */
function murmur3(bytes: Buffer, seed: bigint): bigint {
  const low = (value: bigint): bigint => value & 0xffff_ffffn
  const rotate = (value: bigint, by: bigint): bigint => low(value << by) | (value >> (32n - by))
  let hash = seed
  for (let at = 0; at < bytes.length; at += 4) {
    const block = low(rotate(low(BigInt(bytes.readUInt32LE(at)) * 0xcc9e2d51n), 15n) * 0x1b873593n)
    hash = low(rotate(hash ^ block, 13n) * 5n + 0xe6546b64n)
  }
  hash ^= BigInt(bytes.length)
  hash = low((hash ^ (hash >> 16n)) * 0x85ebca6bn)
  hash = low((hash ^ (hash >> 13n)) * 0xc2b2ae35n)
  return hash ^ (hash >> 16n)
}

/** A value as a message: its length as a QUIC varint, and its msgpack. */
export function message(value: Value): Buffer {
  const body = msgpack(value)
  if (body.length < 0x40) return Buffer.concat([Buffer.of(body.length), body])
  return Buffer.concat([Buffer.of(0x40 | (body.length >> 8), body.length & 0xff), body])
}

function msgpack(value: Value): Buffer {
  if (value === null) return Buffer.of(0xc0)
  if (typeof value === 'boolean') return Buffer.of(value ? 0xc3 : 0xc2)
  if (typeof value === 'number') return numberOf(value)
  if (typeof value === 'string') return withHead(Buffer.from(value), 0xa0, 0x1f, 0xd9)
  if (value instanceof Uint8Array) return withHead(Buffer.from(value), 0xc4, 0, 0xc4)
  const items = (value as readonly Value[]).map(msgpack)
  const head =
    items.length < 16
      ? Buffer.of(0x90 + items.length)
      : Buffer.of(0xdc, items.length >> 8, items.length & 0xff)
  return Buffer.concat([head, ...items])
}

function withHead(bytes: Buffer, fix: number, maxFix: number, long: number): Buffer {
  if (maxFix > 0 && bytes.length <= maxFix) return Buffer.concat([Buffer.of(fix + bytes.length), bytes])
  if (bytes.length < 0x100) return Buffer.concat([Buffer.of(long, bytes.length), bytes])
  return Buffer.concat([Buffer.of(long + 1, bytes.length >> 8, bytes.length & 0xff), bytes])
}

function numberOf(value: number): Buffer {
  const bytes = Buffer.alloc(9)
  if (!Number.isInteger(value)) {
    bytes.writeUInt8(0xcb)
    bytes.writeDoubleBE(value, 1)
    return bytes
  }
  if (value < 0x80) return Buffer.of(value)
  if (value < 0x100) return Buffer.of(0xcc, value)
  if (value < 0x1_0000) return Buffer.of(0xcd, value >> 8, value & 0xff)
  if (value < 0x1_0000_0000) {
    bytes.writeUInt8(0xce)
    bytes.writeUInt32BE(value, 1)
    return bytes.subarray(0, 5)
  }
  bytes.writeUInt8(0xcf)
  bytes.writeBigUInt64BE(BigInt(value), 1)
  return bytes
}
