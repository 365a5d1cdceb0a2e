/** Makes one object of equal texts and of equal lists of texts, so that records that repeat them share them. */
export interface Interner {
  /** A text equal to `text`. */
  text(text: string): string
  /** A frozen list equal to `list`. */
  list(list: readonly string[]): readonly string[]
}

const NO_TEXTS: readonly string[] = Object.freeze([])

/** Shares nothing but the empty list. */
export const plainInterner: Interner = {
  text: (text) => text,
  list: (list) => (list.length === 0 ? NO_TEXTS : Object.freeze(list)),
}

/** Texts, and as many lists, that one generation of a {@link BoundedInterner} remembers. */
const GENERATION = 4_096

/** Lists of more characters in all are not shared. */
const MAX_LIST_CHARACTERS = 64

/**
 * Remembers the texts and the short lists that were used last: 4,096 to 8,192 of each. That takes at most about 8 MiB,
 * with names of the greatest length.
 */
export class BoundedInterner implements Interner {
  readonly #texts = new Generations<string>()
  readonly #lists = new Generations<readonly string[]>()

  /** See {@link Interner.text}. */
  text(text: string): string {
    return text === '' ? '' : this.#texts.get(text, text)
  }

  /** See {@link Interner.list}. */
  list(list: readonly string[]): readonly string[] {
    if (list.length === 0) return NO_TEXTS
    const shared = list.map((text) => this.text(text))
    // No control character occurs in a text, so a NUL separates them.
    const key = shared.join('\0')
    Object.freeze(shared)
    return key.length > MAX_LIST_CHARACTERS ? shared : this.#lists.get(key, shared)
  }
}

/** A map that forgets what was not used since it took as many others as it holds. */
class Generations<T> {
  #young = new Map<string, T>()
  #old = new Map<string, T>()

  /** The value under `key`; `value` when there is none yet. */
  get(key: string, value: T): T {
    const found = this.#young.get(key)
    if (found !== undefined) return found
    const kept = this.#old.get(key) ?? value
    if (this.#young.size === GENERATION) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(key, kept)
    return kept
  }
}
