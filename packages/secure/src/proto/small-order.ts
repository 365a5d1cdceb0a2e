/**
 * The y-coordinates of the Ed25519 points of low order, in the lowest 255 bits, little-endian as on the wire: 0, 1, p
 * - 1, the two of order 8, and 0 and 1 written as p and p + 1. Any signature can be forged for such a key.
 */
const LOW_ORDER: readonly (readonly number[])[] = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
].map((hex) =>
  Array.from({ length: 32 }, (_, index) => Number.parseInt(hex.slice(2 * index, 2 * index + 2), 16)),
)

/** Whether an Ed25519 public key of 32 bytes is a point of low order, whatever its sign bit. */
export function isLowOrder(publicKey: Uint8Array): boolean {
  const last = publicKey.length - 1
  return LOW_ORDER.some((point) =>
    point.every((byte, index) => byte === ((publicKey[index] as number) & (index === last ? 0x7f : 0xff))),
  )
}
