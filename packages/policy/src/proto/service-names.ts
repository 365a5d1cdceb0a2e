import { MAX_COMPARED_NAME_UNITS } from './limits.js'
import type { PolicyService, Verdict } from './model.js'

/**
 * Whether the names of `service` can be those of a service: texts that are not too long. No policy is asked about
 * others, because they come from a peer that does not keep to the protocol.
 */
export function hasServiceNames({ name, environment }: PolicyService): boolean {
  return isName(name) && isName(environment)
}

function isName(text: unknown): boolean {
  return typeof text === 'string' && text.length <= MAX_COMPARED_NAME_UNITS
}

/** What is decided about a service whose names cannot be those of one. */
export const NO_NAMES: Verdict = Object.freeze({
  allowed: false,
  rule: `a name is longer than ${MAX_COMPARED_NAME_UNITS} characters`,
})
