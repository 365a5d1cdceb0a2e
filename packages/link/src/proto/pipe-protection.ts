import { equalBytes } from '@astranet/interface/bytes'
import type { HelloFields } from './hello.js'
import { isSameEnd } from './ip-end.js'
import type { Preamble } from './preamble.js'

/**
 * What keeps others from reading and changing what goes over a link:
 * - `'encrypted'`: the records of this link,
 * - `'private'`: nothing has to, since both ends say that the pipe does not leave the machine, and see the same pipe,
 * - `'tls'`: TLS below, and both ends have proved that they are its ends.
 */
export type PipeProtection = 'encrypted' | 'private' | 'tls'

/** What one side of a handshake contributes to the decision. */
export interface ProtectionFacts {
  readonly preamble: Preamble
  /** What its HELLO says; `undefined` when that was malformed. */
  readonly hello: Pick<HelloFields, 'exporter' | 'ownEnd' | 'observedAddress'> | undefined
}

/** How a pipe is protected (spec section 4.4). Both sides get the same answer. */
export function pipeProtection(one: ProtectionFacts, other: ProtectionFacts): PipeProtection {
  if (one.preamble.insistsOnEncryption || other.preamble.insistsOnEncryption) return 'encrypted'
  if (isSamePrivatePipe(one, other)) return 'private'
  return isSameTls(one, other) ? 'tls' : 'encrypted'
}

/** Whether both are the two ends of one TLS connection. */
export function isSameTls(one: ProtectionFacts, other: ProtectionFacts): boolean {
  if (!one.preamble.hasExporter || !other.preamble.hasExporter) return false
  const [left, right] = [one.hello?.exporter, other.hello?.exporter]
  return left !== undefined && right !== undefined && equalBytes(left, right)
}

/**
 * Whether both say that their pipe is private, and it is one pipe: with a program in between that forwards the bytes,
 * possibly to another machine, each side has a connection of its own, and their addresses do not agree.
 */
function isSamePrivatePipe(one: ProtectionFacts, other: ProtectionFacts): boolean {
  if (!one.preamble.isPrivate || !other.preamble.isPrivate) return false
  if (one.hello?.ownEnd === undefined && other.hello?.ownEnd === undefined) return true
  return isOtherEnd(one, other) && isOtherEnd(other, one)
}

/** Whether `one` sees at its other end what `other` calls its own. */
function isOtherEnd({ hello: one }: ProtectionFacts, { hello: other }: ProtectionFacts): boolean {
  if (one?.observedAddress === undefined || other?.ownEnd === undefined) return false
  return isSameEnd(one.observedAddress, other.ownEnd)
}
