import type { Explanation, PolicyPeer, Verdict } from '../proto/model.js'
import type { Decider } from './decider.js'

const VERDICT: Verdict = Object.freeze({ allowed: true, rule: 'no policy' })

/** Decides where there is no policy: all is allowed. */
export class OpenDecider implements Decider {
  decideLink(): Promise<Verdict> {
    return Promise.resolve(VERDICT)
  }

  decideService(): Verdict {
    return VERDICT
  }

  decideForward(): Verdict {
    return VERDICT
  }

  rolesOf(peer: PolicyPeer): readonly string[] {
    return [...peer.roles]
  }

  explain(): Promise<Explanation> {
    return Promise.resolve({ ...VERDICT, steps: [] })
  }
}
