import { MAX_WANTED_NAMES } from '../model/limits.js'
import type { Version } from '../model/version.js'
import type { WantsMessage } from '../wire/message.js'
import type { NodeId } from '@astranet/interface'
import { MAX_ANNOUNCED } from './sync-limits.js'

/** What a leaf wants that has not been looked at: several messages become one change. */
export class PendingWants {
  /** The newest message of those that are in it. */
  token = 0
  /** Whether everything is wanted. */
  all: boolean
  /** Whether everything was given up meanwhile: what is wanted again is given again. */
  hasGivenUpAll = false
  /** Names that were wanted before and are given up first. */
  readonly givenUp: Set<string> = new Set()
  /** Names that are wanted then. */
  readonly added: Set<string> = new Set()
  /** What the leaf holds. */
  readonly held: Map<NodeId, Version> = new Map()
  readonly #names: ReadonlySet<string>

  /** `names`: those that are wanted now, which do not change meanwhile. `all`: whether everything is. */
  constructor(names: ReadonlySet<string>, all: boolean) {
    this.#names = names
    this.all = all
  }

  /** Takes a message. Returns false when too many names are wanted. */
  add({ token, all, add, remove, held }: WantsMessage): boolean {
    this.token = token
    this.all = all
    if (!all) this.hasGivenUpAll = true
    for (const { environment, name } of remove) {
      const text = nameText(environment, name)
      if (!this.added.delete(text) && this.#names.has(text)) this.givenUp.add(text)
    }
    for (const { environment, name } of add) {
      const text = nameText(environment, name)
      if (this.#names.has(text) && !this.givenUp.has(text)) continue
      this.added.add(text)
      if (this.#names.size - this.givenUp.size + this.added.size > MAX_WANTED_NAMES) return false
    }
    for (const { owner, kind, version } of held) {
      // What is left out is only sent though it is held.
      if (kind === 'services' && this.held.size < MAX_ANNOUNCED) this.held.set(owner, version)
    }
    return true
  }
}

/** A name and its environment as one text; no control character occurs in either. */
export function nameText(environment: string, name: string): string {
  return `${environment}\0${name}`
}

/** The environment and the name of a {@link nameText}. */
export function nameOf(text: string): readonly [environment: string, name: string] {
  const end = text.indexOf('\0')
  return [text.slice(0, end), text.slice(end + 1)]
}
