import type { NodeId } from '@astranet/interface'
import { equalBytes } from '@astranet/interface/bytes'
import type { MaybePromise, RegistryCrypto } from '../crypto.js'
import type { Delta } from '../log/delta.js'
import { statementOf } from '../log/signed-state.js'

/**
 * How many signatures are checked ahead of the log that is applied: enough to keep a thread pool busy. When one of them
 * is wrong and the link ends, no more than these were checked in vain.
 */
export const MAX_VERIFIED_AHEAD = 32

const NONE: readonly Delta[] = []

interface Started {
  readonly publicKey: Uint8Array
  readonly message: Uint8Array
  readonly isRight: MaybePromise<boolean>
}

/**
 * Crypto that can begin to check the signature of a delta before the delta is applied. Deltas are applied one after the
 * other, in the order in which they were sent; without this, the platform would work on one signature at a time.
 */
export class VerifyAhead implements RegistryCrypto {
  readonly #crypto: RegistryCrypto
  /** By the signature's byte array, which lives as long as its message. */
  readonly #started = new WeakMap<Uint8Array, Started>()

  constructor(crypto: RegistryCrypto) {
    this.#crypto = crypto
  }

  hash(bytes: Uint8Array): MaybePromise<Uint8Array> {
    return this.#crypto.hash(bytes)
  }

  nodeIdOf(publicKey: Uint8Array): MaybePromise<NodeId> {
    return this.#crypto.nodeIdOf(publicKey)
  }

  verify(publicKey: Uint8Array, signature: Uint8Array, message: Uint8Array): MaybePromise<boolean> {
    const started = this.#started.get(signature)
    const isSame =
      started !== undefined &&
      equalBytes(started.publicKey, publicKey) &&
      equalBytes(started.message, message)
    return isSame ? started.isRight : this.#crypto.verify(publicKey, signature, message)
  }

  /** Begins to check the signature of a delta of the owner of `publicKey`. */
  start({ kind, state }: Delta, publicKey: Uint8Array): void {
    const message = statementOf(kind, state)
    const isRight = this.#crypto.verify(publicKey, state.signature, message)
    // A failure of the platform is reported to whatever asks for the answer; perhaps nothing does any more.
    if (isRight instanceof Promise) isRight.catch(() => undefined)
    this.#started.set(state.signature, { publicKey, message, isRight })
  }
}

/**
 * The deltas of a message whose signatures are to be begun with when the one at `index` comes to be applied: at first a
 * number of them, then one more each time. Of two deltas of one log that are close together only the first is begun
 * with: the other may be dropped unread.
 */
export function deltasAhead(deltas: readonly Delta[], index: number): readonly Delta[] {
  if (deltas.length === 1) return NONE
  const end = Math.min(index + MAX_VERIFIED_AHEAD, deltas.length)
  const begun: Delta[] = []
  for (let at = index === 0 ? 0 : index + MAX_VERIFIED_AHEAD - 1; at < end; at++) {
    const delta = deltas[at] as Delta
    if (!isAmong(deltas, delta, index, at)) begun.push(delta)
  }
  return begun
}

/** Whether a delta of the same log is from `start` to before `end`. */
function isAmong(deltas: readonly Delta[], { owner, kind }: Delta, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const each = deltas[at] as Delta
    if (each.owner === owner && each.kind === kind) return true
  }
  return false
}
