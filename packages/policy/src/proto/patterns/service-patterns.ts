import type { PolicyService } from '../model.js'
import { hasServiceNames } from '../service-names.js'
import { ServicePattern, isServicePattern } from './service-pattern.js'

/**
 * Patterns of services outside of a list, such as those of a grant. Written as in `services` of a rule. They come from
 * a peer as a rule, so nothing throws: a text that is no pattern matches no service.
 */
export class ServicePatterns {
  readonly #patterns: readonly ServicePattern[]

  constructor(patterns: readonly string[]) {
    this.#patterns = patterns
      .filter((text) => typeof text === 'string' && isServicePattern(text))
      .map((text) => new ServicePattern(text))
  }

  /** Whether one of the patterns matches `service`. */
  matches(service: PolicyService): boolean {
    return hasServiceNames(service) && this.#patterns.some((pattern) => pattern.matches(service))
  }
}
