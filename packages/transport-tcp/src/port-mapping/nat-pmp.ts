import type { MappingAnswer, MappingRequest } from './mapping.js'

const VERSION = 0
const ADDRESS_OPCODE = 0
const TCP_OPCODE = 2
const ANSWER = 128

/** Asks a gateway for its address outside (RFC 6886, section 3.2). */
export const NAT_PMP_ADDRESS_REQUEST: Buffer = Buffer.from([VERSION, ADDRESS_OPCODE])

/** Reads the answer: the address, or why there is none; `undefined` when it is no such answer. */
export function decodeAddress(message: Buffer): string | { readonly refusal: string } | undefined {
  if (!isAnswer(message, ADDRESS_OPCODE)) return undefined
  const result = message.readUInt16BE(2)
  if (result !== 0) return { refusal: `NAT-PMP result ${result}` }
  return message.length < 12 ? undefined : [...message.subarray(8, 12)].join('.')
}

/** A request of a mapping for TCP (RFC 6886, section 3.3). */
export function encodeNatPmpRequest({ internalPort, lifetimeS }: MappingRequest): Buffer {
  const message = Buffer.alloc(12)
  message.writeUInt8(VERSION, 0)
  message.writeUInt8(TCP_OPCODE, 1)
  message.writeUInt16BE(internalPort, 4)
  // A port outside is suggested only with a lifetime: without one the mapping ends.
  message.writeUInt16BE(lifetimeS === 0 ? 0 : internalPort, 6)
  message.writeUInt32BE(lifetimeS, 8)
  return message
}

/** Reads the answer, given the gateway's address outside; `undefined` when it is no answer to that request. */
export function decodeNatPmpAnswer(
  message: Buffer,
  { internalPort }: MappingRequest,
  externalHost: string,
): MappingAnswer | undefined {
  if (!isAnswer(message, TCP_OPCODE)) return undefined
  const result = message.readUInt16BE(2)
  if (result !== 0) return { refusal: `NAT-PMP result ${result}` }
  if (message.length < 16 || message.readUInt16BE(8) !== internalPort) return undefined
  const external = { host: externalHost, port: message.readUInt16BE(10) }
  return { external, lifetimeS: message.readUInt32BE(12) }
}

function isAnswer(message: Buffer, opcode: number): boolean {
  return message.length >= 4 && message.readUInt8(0) === VERSION && message.readUInt8(1) === ANSWER + opcode
}
