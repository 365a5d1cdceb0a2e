import { checkFunction, invalidReturn } from '@astranet/interface/check'
import type { RemoteIdentity } from '../links/remote-identity.js'
import type { Origin } from '../node/origin.js'
import { throwUncaught } from '../node/throw-uncaught.js'

/** @internal Decides whether a peer may dial a listener. Never throws. */
export type AllowPeer = (peer: RemoteIdentity) => boolean

/** `allow` when it is a function or `undefined`. Otherwise throws a TypeError. */
export function checkAllow(allow: AllowPeer | undefined): AllowPeer | undefined {
  return allow === undefined ? undefined : checkFunction('options.allow', allow)
}

/**
 * The program's `allow`, called in the context of `origin`. Whatever is not a boolean counts as "no", and is an
 * uncaught exception as an error of an event listener is: a promise, which is truthy, must never let anybody in.
 */
export function safeAllow(allow: AllowPeer, origin: Origin): AllowPeer {
  return (peer) => {
    try {
      const answer: unknown = origin.runInAsyncScope(allow, undefined, peer)
      if (typeof answer === 'boolean') return answer
      if (answer instanceof Promise) answer.catch(() => undefined)
      throw invalidReturn('true or false', 'allow', answer)
    } catch (error) {
      throwUncaught(error)
      return false
    }
  }
}
