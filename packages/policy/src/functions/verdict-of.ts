import type { Verdict } from '../proto/model.js'

/** The longest text that a function may give as its rule, in UTF-16 units; the rest is cut off. */
export const MAX_RULE_TEXT_UNITS = 128

/** What the answer of the function `name` means. Throws what the answer's own getters throw. */
export function verdictOf(name: string, answer: unknown): Verdict {
  if (typeof answer === 'boolean') return { allowed: answer, rule: name }
  if (typeof answer !== 'object' || answer === null) return failed(`${name} answered with no decision`)
  const { allowed, rule } = answer as { allowed?: unknown; rule?: unknown }
  if (typeof allowed !== 'boolean' || (rule !== undefined && typeof rule !== 'string')) {
    return failed(`${name} answered with no decision`)
  }
  return { allowed, rule: rule === undefined || rule === '' ? name : rule.slice(0, MAX_RULE_TEXT_UNITS) }
}

/** The verdict when there is no decision. */
export function failed(rule: string, cause?: unknown): Verdict {
  return cause === undefined ? { allowed: false, rule } : { allowed: false, rule, cause }
}

/** Whether `answer` is a promise, or acts like one. Throws what its getter throws. */
export function isThenable(answer: unknown): answer is PromiseLike<unknown> {
  if ((typeof answer !== 'object' && typeof answer !== 'function') || answer === null) return false
  return typeof (answer as { then?: unknown }).then === 'function'
}
