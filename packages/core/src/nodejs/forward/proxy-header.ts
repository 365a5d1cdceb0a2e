import { bytesOfIp, ipOfBytes, toIpv6Bytes } from './ip-bytes.js'

/**
 * Version 2 of the PROXY protocol: a header in front of a connection's bytes that says where the connection comes from.
 * Layout: signature, version and command, family, length, addresses, and extensions (TLVs).
 */

/** One end of a connection: an IP address and a port. */
export interface ProxyEnd {
  readonly address: string
  /** 0 to 65,535. */
  readonly port: number
}

/** What a header says. Both ends are `undefined` when its sender does not know them, or speaks for itself. */
export interface ProxyHeader {
  readonly source: ProxyEnd | undefined
  readonly destination: ProxyEnd | undefined
}

/** What the first bytes of a connection are: a header and its length in bytes, a part of one, or none. */
export type DecodedHeader =
  | { readonly kind: 'header'; readonly header: ProxyHeader; readonly length: number }
  | { readonly kind: 'partial' }
  | { readonly kind: 'wrong'; readonly reason: string }

/** The longest header that is read, in bytes: with extensions. */
export const MAX_PROXY_HEADER_BYTES = 4_096

const SIGNATURE = Buffer.from('0d0a0d0a000d0a515549540a', 'hex')
const FIXED_BYTES = 16
const COMMAND_LOCAL = 0x20
const COMMAND_PROXY = 0x21
const FAMILY_UNKNOWN = 0x00
const FAMILY_TCP4 = 0x11
const FAMILY_TCP6 = 0x21
const NOBODY: ProxyHeader = { source: undefined, destination: undefined }

/** The bytes of a header. Without both ends it says that they are unknown. */
export function encodeProxyHeader({ source, destination }: ProxyHeader): Buffer {
  const [from, to] = [bytesOf(source), bytesOf(destination)]
  if (source === undefined || destination === undefined || from === undefined || to === undefined)
    return fixedPart(FAMILY_UNKNOWN, 0)
  const isIpv4 = from.length === 4 && to.length === 4
  const addresses = isIpv4 ? [from, to] : [toIpv6Bytes(from), toIpv6Bytes(to)]
  const ports = Buffer.alloc(4)
  ports.writeUInt16BE(source.port, 0)
  ports.writeUInt16BE(destination.port, 2)
  const body = Buffer.concat([...addresses, ports])
  return Buffer.concat([fixedPart(isIpv4 ? FAMILY_TCP4 : FAMILY_TCP6, body.length), body])
}

/** Reads the header at the beginning of `bytes`. Extensions, and families other than TCP, are skipped. */
export function decodeProxyHeader(bytes: Buffer): DecodedHeader {
  const seen = Math.min(bytes.length, SIGNATURE.length)
  if (SIGNATURE.compare(bytes, 0, seen, 0, seen) !== 0) return wrong('it does not begin with a PROXY header')
  if (bytes.length < FIXED_BYTES) return { kind: 'partial' }
  const command = bytes[12]
  if (command !== COMMAND_LOCAL && command !== COMMAND_PROXY)
    return wrong('its PROXY header has an unknown version or command')
  const length = FIXED_BYTES + bytes.readUInt16BE(14)
  if (length > MAX_PROXY_HEADER_BYTES)
    return wrong(`its PROXY header has more than ${MAX_PROXY_HEADER_BYTES} bytes`)
  const ipBytes = { [FAMILY_TCP4]: 4, [FAMILY_TCP6]: 16 }[bytes[13] ?? 0]
  if (command === COMMAND_PROXY && ipBytes !== undefined && length < FIXED_BYTES + 2 * ipBytes + 4)
    return wrong('its PROXY header is too short for its addresses')
  if (bytes.length < length) return { kind: 'partial' }
  const isKnown = command === COMMAND_PROXY && ipBytes !== undefined
  return { kind: 'header', header: isKnown ? endsAt(bytes, ipBytes) : NOBODY, length }
}

function endsAt(bytes: Buffer, ipBytes: number): ProxyHeader {
  const [second, ports] = [FIXED_BYTES + ipBytes, FIXED_BYTES + 2 * ipBytes]
  return {
    source: { address: ipOfBytes(bytes.subarray(FIXED_BYTES, second)), port: bytes.readUInt16BE(ports) },
    destination: { address: ipOfBytes(bytes.subarray(second, ports)), port: bytes.readUInt16BE(ports + 2) },
  }
}

function bytesOf(end: ProxyEnd | undefined): Buffer | undefined {
  return end === undefined ? undefined : bytesOfIp(end.address)
}

function fixedPart(family: number, bodyBytes: number): Buffer {
  const bytes = Buffer.alloc(FIXED_BYTES)
  SIGNATURE.copy(bytes)
  bytes[12] = COMMAND_PROXY
  bytes[13] = family
  bytes.writeUInt16BE(bodyBytes, 14)
  return bytes
}

function wrong(reason: string): DecodedHeader {
  return { kind: 'wrong', reason }
}
