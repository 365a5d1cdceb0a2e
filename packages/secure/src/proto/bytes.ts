/** Whether every byte is 0. Takes the same time wherever a byte differs. */
export function isAllZero(bytes: Uint8Array): boolean {
  let combined = 0
  for (const byte of bytes) combined |= byte
  return combined === 0
}

/** An empty array, for what takes no associated data or payload. */
export const NO_BYTES: Uint8Array = new Uint8Array(0)
