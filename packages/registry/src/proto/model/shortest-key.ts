/** An array of one item, which is a byte array of 8. */
const LINK_KEY_BYTES = 1 + 2 + 8

/** Whether the msgpack of a link's key is in its shortest form. */
export function isShortestLinkKey(bytes: Uint8Array): boolean {
  return bytes.length === LINK_KEY_BYTES
}

/** Whether the msgpack of a service's key (two texts of at most 255 bytes and a port) is in its shortest form. */
export function isShortestServiceKey(bytes: Uint8Array): boolean {
  if (bytes[0] !== 0x93) return false
  const name = shortTextEnd(bytes, 1)
  const port = name === undefined ? undefined : shortTextEnd(bytes, name)
  return port !== undefined && isShortPort(bytes, port)
}

/** The position behind the text at `at`; `undefined` when a shorter head would do. */
function shortTextEnd(bytes: Uint8Array, at: number): number | undefined {
  const head = bytes[at] as number
  if (head >= 0xa0 && head < 0xc0) return at + 1 + (head & 0x1f)
  const length = bytes[at + 1] as number
  return head === 0xd9 && length >= 0x20 ? at + 2 + length : undefined
}

function isShortPort(bytes: Uint8Array, at: number): boolean {
  const [head, first = 0, second = 0] = bytes.subarray(at)
  if (head === 0xcc) return first >= 0x80
  if (head === 0xcd) return first > 0
  if (head === 0xce) return first > 0 || second > 0
  return head !== undefined && head < 0x80
}
