import { unhex } from './bytes.js'

/**
 * u-coordinates of the X25519 points whose every multiple by a private key is 0: RFC 7748, and p, p + 1 beside 0 and
 * 1.
 */
export const LOW_ORDER_POINTS: readonly Uint8Array[] = [
  '00'.repeat(32),
  `01${'00'.repeat(31)}`,
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  `ec${'ff'.repeat(30)}7f`,
  `ed${'ff'.repeat(30)}7f`,
  `ee${'ff'.repeat(30)}7f`,
].map(unhex)
