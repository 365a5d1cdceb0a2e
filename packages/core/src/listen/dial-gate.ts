import { RefusalReason } from '@astranet/link'
import type { AccessControl } from '../access/access-control.js'
import { offered } from '../access/refusal-texts.js'
import type { AdmittedIdentity } from '../links/remote-identity.js'
import type { ListenerQueue } from './listener-queue.js'
import type { Refusal } from './refusal.js'

/** Decides for each dial whether the peer may dial the service: first the policy, then the listener's `allow`. */
export class DialGate {
  readonly #access: AccessControl

  constructor(access: AccessControl) {
    this.#access = access
  }

  /** Why `peer` may not dial what is bound; `undefined` if it may. */
  refusal({ binding }: ListenerQueue<unknown>, peer: AdmittedIdentity): Refusal | undefined {
    const text = this.#access.dialRefusal(peer, binding.asked)
    if (text !== undefined) return { reason: RefusalReason.FORBIDDEN, text }
    if (binding.allow === undefined || binding.allow(this.#access.shown(peer))) return undefined
    return { reason: RefusalReason.FORBIDDEN, text: `${offered(binding.asked)} does not allow this node` }
  }
}
