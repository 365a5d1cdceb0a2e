import type { MappingAnswer, MappingRequest } from './mapping.js'

/** The port of gateways for PCP and for NAT-PMP. */
export const GATEWAY_PORT = 5_351

/** The length of the random bytes by which a client knows its mapping (RFC 6887, section 11.1). */
export const NONCE_BYTES = 12

const VERSION = 2
const MAP_OPCODE = 1
const ANSWER_BIT = 0x80
const TCP = 6
const MESSAGE_BYTES = 60
/** `::ffff:0:0`, before an IPv4 address. */
const IPV4_PREFIX = Buffer.from('00000000000000000000ffff', 'hex')

/** What PCP adds to a request. */
export interface PcpRequest extends MappingRequest {
  /** This machine's IPv4 address in the gateway's network. */
  readonly clientHost: string
  /** {@link NONCE_BYTES} random bytes; those of the request that made the mapping, to change or end it. */
  readonly nonce: Uint8Array
}

/** A MAP request of the Port Control Protocol (RFC 6887, section 11.1) for TCP over IPv4. */
export function encodePcpRequest({ internalPort, lifetimeS, clientHost, nonce }: PcpRequest): Buffer {
  const message = Buffer.alloc(MESSAGE_BYTES)
  message.writeUInt8(VERSION, 0)
  message.writeUInt8(MAP_OPCODE, 1)
  message.writeUInt32BE(lifetimeS, 4)
  IPV4_PREFIX.copy(message, 8)
  message.set(clientHost.split('.').map(Number), 20)
  message.set(nonce, 24)
  message.writeUInt8(TCP, 36)
  message.writeUInt16BE(internalPort, 40)
  message.writeUInt16BE(internalPort, 42)
  // Any address outside.
  IPV4_PREFIX.copy(message, 44)
  return message
}

/**
 * Reads an answer to that request; `undefined` when it is none. A gateway that speaks NAT-PMP only answers with version
 * 0, which {@link isNatPmpAnswer} tells.
 */
export function decodePcpAnswer(message: Buffer, request: PcpRequest): MappingAnswer | undefined {
  if (message.length < 24 || message.readUInt8(0) !== VERSION) return undefined
  if (message.readUInt8(1) !== (MAP_OPCODE | ANSWER_BIT)) return undefined
  const result = message.readUInt8(3)
  if (message.length < MESSAGE_BYTES) return result === 0 ? undefined : { refusal: `PCP result ${result}` }
  const isMine =
    Buffer.compare(message.subarray(24, 36), request.nonce) === 0 &&
    message.readUInt8(36) === TCP &&
    message.readUInt16BE(40) === request.internalPort
  if (!isMine) return undefined
  if (result !== 0) return { refusal: `PCP result ${result}` }
  if (!message.subarray(44, 56).equals(IPV4_PREFIX)) return { refusal: 'the mapping is not one of IPv4' }
  const external = { host: [...message.subarray(56, 60)].join('.'), port: message.readUInt16BE(42) }
  return { external, lifetimeS: message.readUInt32BE(4) }
}

/** Whether a gateway has answered a request of PCP in NAT-PMP (RFC 6887, appendix A). */
export function isNatPmpAnswer(message: Buffer): boolean {
  return message.length >= 4 && message.readUInt8(0) === 0
}
