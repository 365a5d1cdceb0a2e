import type { Preamble } from './preamble.js'

/**
 * What keeps others from reading and changing what goes over a link:
 * - `'encrypted'`: the records of this link,
 * - `'private'`: nothing has to, since both ends say that the pipe does not leave the machine,
 * - `'tls'`: TLS below, and both ends have proved that they are its ends.
 */
export type PipeProtection = 'encrypted' | 'private' | 'tls'

/** What one side of a handshake contributes to the decision. */
export interface ProtectionFacts {
  readonly preamble: Preamble
  /** `x` of its HELLO. */
  readonly exporter: Uint8Array | undefined
}

/** How a pipe is protected (spec section 4.4). Both sides get the same answer. */
export function pipeProtection(one: ProtectionFacts, other: ProtectionFacts): PipeProtection {
  if (one.preamble.insistsOnEncryption || other.preamble.insistsOnEncryption) return 'encrypted'
  if (one.preamble.isPrivate && other.preamble.isPrivate) return 'private'
  return isSameTls(one, other) ? 'tls' : 'encrypted'
}

/** Whether both are the two ends of one TLS connection. */
export function isSameTls(one: ProtectionFacts, other: ProtectionFacts): boolean {
  if (!one.preamble.hasExporter || !other.preamble.hasExporter) return false
  if (one.exporter === undefined || other.exporter === undefined) return false
  return equalBytes(one.exporter, other.exporter)
}

/** Whether both have the same bytes. Not for secrets: takes less time when they differ early. */
export function equalBytes(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, index) => byte === other[index])
}
