import { isIPv4, isIPv6 } from 'node:net'

/** The bytes of an IP address, 4 or 16; `undefined` for any other text. The zone of an IPv6 address is left out. */
export function bytesOfIp(text: string): Buffer | undefined {
  if (isIPv4(text)) return Buffer.from(text.split('.').map(Number))
  if (!isIPv6(text)) return undefined
  const [plain = ''] = text.split('%')
  const [head = '', tail] = withoutDots(plain).split('::')
  const [first, last] = [groupsOf(head), groupsOf(tail ?? '')]
  const zeros = Array<string>(8 - first.length - last.length).fill('0')
  const bytes = Buffer.alloc(16)
  for (const [index, group] of [...first, ...zeros, ...last].entries())
    bytes.writeUInt16BE(Number.parseInt(group, 16), 2 * index)
  return bytes
}

/** 16 bytes: an IPv4 address as IPv6 maps it. */
export function toIpv6Bytes(bytes: Buffer): Buffer {
  return bytes.length === 16 ? bytes : Buffer.concat([MAPPED, bytes])
}

/** The text of 4 or 16 bytes. */
export function ipOfBytes(bytes: Buffer): string {
  if (bytes.length === 4) return bytes.join('.')
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(2 * index).toString(16))
  // The URL parser writes the shortest form.
  return new URL(`http://[${groups.join(':')}]/`).hostname.slice(1, -1)
}

const MAPPED = Buffer.from('00000000000000000000ffff', 'hex')

function groupsOf(text: string): string[] {
  return text === '' ? [] : text.split(':')
}

/** The last 32 bits may be written like an IPv4 address. */
function withoutDots(text: string): string {
  return text.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...parts: string[]) => {
    const [a = 0, b = 0, c = 0, d = 0] = parts.slice(0, 4).map(Number)
    return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
  })
}
