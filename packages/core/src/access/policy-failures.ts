import { causeText, type PolicyAction, type Verdict } from '@astranet/policy'
import type { Reporter } from '../node/reporter.js'

/** A function of the policy failed: `{ action, rule, error }`. */
const POLICY_FAILED = 'astranet:policy:failed'

/** Reports a policy that throws or rejects: one warning for each policy, and each failure on a diagnostics channel. */
export class PolicyFailures {
  readonly #reporter: Reporter
  #isReported = false

  constructor(reporter: Reporter) {
    this.#reporter = reporter
  }

  /** There is another policy. */
  reset(): void {
    this.#isReported = false
  }

  /** Returns `verdict`, and reports it if it is a failure. */
  noting(action: PolicyAction, verdict: Verdict): Verdict {
    const { rule, cause } = verdict
    if (cause === undefined) return verdict
    this.#reporter.publish(POLICY_FAILED, { action, rule, error: cause })
    if (!this.#isReported) {
      this.#isReported = true
      const text = `the policy failed, and what it fails for is not allowed: ${rule}: ${causeText(cause)}`
      this.#reporter.warn(text, 'ASTRA_WARN_POLICY')
    }
    return verdict
  }
}
