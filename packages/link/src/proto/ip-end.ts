/** One end of a TCP connection. Two texts that mean the same end give the same values. */
export interface IpEnd {
  /** An IPv4 address in its dotted form, also where it was mapped into IPv6; otherwise `undefined`. */
  readonly four: string | undefined
  /** The eight groups of an IPv6 address in lower-case hexadecimal without leading zeros; empty for IPv4. */
  readonly six: readonly string[]
  readonly port: number
}

/**
 * Reads `host:port`, where the host is an IPv4 address or an IPv6 address in brackets, whose zone is left out.
 * `undefined` for everything else, such as the path of a Unix socket or a host name.
 */
export function parseIpEnd(text: string): IpEnd | undefined {
  const found = /^(?:\[([0-9a-f:.]+)(?:%[^\]]*)?\]|([0-9.]+)):(\d{1,5})$/i.exec(text)
  if (found === null) return undefined
  const [, six, four = '', digits] = found
  const port = Number(digits)
  if (six !== undefined) return endOfSix(six.toLowerCase(), port)
  const bytes = bytesOfFour(four)
  return bytes && { four: bytes.join('.'), six: [], port }
}

/** Whether both are the text of one end. Texts that are not `host:port` of IP are equal to none. */
export function isSameEnd(one: string, other: string): boolean {
  const [left, right] = [parseIpEnd(one), parseIpEnd(other)]
  if (left === undefined || right === undefined || left.port !== right.port) return false
  return left.four === right.four && left.six.join(':') === right.six.join(':')
}

function bytesOfFour(text: string): number[] | undefined {
  if (!/^\d{1,3}(?:\.\d{1,3}){3}$/.test(text)) return undefined
  const bytes = text.split('.').map(Number)
  return bytes.every((byte) => byte <= 255) ? bytes : undefined
}

function endOfSix(text: string, port: number): IpEnd | undefined {
  const [head = '', tail, ...more] = text.split('::')
  const [left, right] = [groupsOf(head), groupsOf(tail ?? '')]
  if (left === undefined || right === undefined || more.length > 0) return undefined
  const missing = 8 - left.length - right.length
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined
  const groups = [...left, ...new Array<number>(missing).fill(0), ...right]
  const [high = 0, low = 0] = groups.slice(6)
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff)
    return { four: [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.'), six: [], port }
  return { four: undefined, six: groups.map((group) => group.toString(16)), port }
}

/** The groups of a part of an IPv6 address, whose end may be written as IPv4. */
function groupsOf(part: string): number[] | undefined {
  if (part === '') return []
  const groups: number[] = []
  for (const text of part.split(':')) {
    const bytes = bytesOfFour(text)
    if (bytes !== undefined) {
      const [a = 0, b = 0, c = 0, d = 0] = bytes
      groups.push(a * 256 + b, c * 256 + d)
    } else if (/^[0-9a-f]{1,4}$/.test(text)) groups.push(Number.parseInt(text, 16))
    else return undefined
  }
  return groups
}
