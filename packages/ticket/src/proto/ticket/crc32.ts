/** The polynomial of IEEE 802.3, with its bits reversed. */
const POLYNOMIAL = 0xedb8_8320

/** The CRC-32 of zip and Ethernet. Finds every change that lies within 32 consecutive bits. */
export function crc32(bytes: Uint8Array): number {
  let crc = 0xffff_ffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? POLYNOMIAL : 0)
  }
  return ~crc >>> 0
}
