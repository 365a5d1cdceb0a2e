import { parseIpEnd } from '@astranet/link'

/** One end of a TCP connection, with an IP address in its shortest usual form. */
export interface End {
  /** An IP address without brackets and zone. An IPv4 address mapped into IPv6 is given as IPv4. */
  readonly host: string
  /** 0 to 65,535. */
  readonly port: number
}

/** An IP address as numbers: four bytes, or eight groups of 16 bits. */
export type AddressNumbers = readonly number[]

/** Reads `host:port` or `[IPv6]:port`; `undefined` for everything else. */
export function parseEnd(text: string): End | undefined {
  const found = parseIpEnd(text)
  if (found === undefined || found.port > 0xffff) return undefined
  return { host: found.four ?? found.six.join(':'), port: found.port }
}

/** The text that {@link parseEnd} reads. */
export function formatEnd({ host, port }: End): string {
  return isIpv6(host) ? `[${host}]:${port}` : `${host}:${port}`
}

/** Reads an IP address without a port, with a zone or not; `undefined` for everything else. */
export function parseHost(text: string): string | undefined {
  return parseEnd(text.includes(':') ? `[${text}]:0` : `${text}:0`)?.host
}

/** Whether an address that {@link parseEnd} gave is one of IPv6. */
export function isIpv6(host: string): boolean {
  return host.includes(':')
}

/** The numbers of an address that {@link parseEnd} gave. */
export function numbersOf(host: string): AddressNumbers {
  return isIpv6(host)
    ? host.split(':').map((group) => Number.parseInt(group, 16))
    : host.split('.').map(Number)
}

/** Whether the first `bits` of two addresses of one family are equal. */
export function isSamePrefix(one: AddressNumbers, other: AddressNumbers, bits: number): boolean {
  if (one.length !== other.length) return false
  const width = one.length === 4 ? 8 : 16
  return one.every((number, index) => {
    const unused = Math.min(width, Math.max(0, width * (index + 1) - bits))
    return number >> unused === (other[index] ?? 0) >> unused
  })
}
