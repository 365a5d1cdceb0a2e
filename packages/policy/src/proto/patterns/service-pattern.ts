import { MAX_PATTERN_CHARACTERS } from '../limits.js'
import type { PolicyService } from '../model.js'
import { Glob } from './glob.js'
import { SERVICE_GLOB } from './shapes.js'

/**
 * A pattern of services: `name` in every environment, `environment/name` in one, `/name` in the default environment.
 * What is before the last slash is the environment, which may have slashes itself: `a/b/name`. Both may have stars, which
 * stand for slashes as well. The two are compared separately, so that a slash in what a peer sends changes nothing.
 */
export class ServicePattern {
  readonly text: string
  /** The only name that matches, or `undefined` if the pattern of the name has stars. */
  readonly onlyName: string | undefined
  readonly #environment: Glob | undefined
  readonly #name: Glob

  /** `text` must be a pattern ({@link isServicePattern}). */
  constructor(text: string) {
    this.text = text
    // An environment may have slashes, a name has none.
    const slash = text.lastIndexOf('/')
    this.#environment = slash === -1 ? undefined : new Glob(text.slice(0, slash))
    const name = text.slice(slash + 1)
    this.onlyName = name.includes('*') ? undefined : name
    this.#name = new Glob(name)
  }

  matches(service: PolicyService): boolean {
    if (!this.#name.matches(service.name)) return false
    return this.#environment === undefined || this.#environment.matches(service.environment)
  }
}

/** Whether `text` is a pattern of services. */
export function isServicePattern(text: string): boolean {
  // A character takes at most two units, so that a huge text is refused before it is walked.
  if (text.length > 2 * MAX_PATTERN_CHARACTERS || [...text].length > MAX_PATTERN_CHARACTERS) return false
  return SERVICE_GLOB.test(text)
}
