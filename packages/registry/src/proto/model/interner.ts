/** Makes one object of equal texts and of equal lists of texts, so that records that repeat them share them. */
export interface Interner {
  /** The text equal to `text` that is remembered, if there is one: it has passed the checks of texts. */
  knownText(text: unknown): string | undefined
  /** The list equal to `list` that is remembered, if there is one: it has passed the checks of lists. */
  knownList(list: unknown): readonly string[] | undefined
  /** A text equal to `text`. */
  text(text: string): string
  /** A frozen list equal to `list`. */
  list(list: readonly string[]): readonly string[]
}

const NO_TEXTS: readonly string[] = Object.freeze([])

/** Shares nothing but the empty list. */
export const plainInterner: Interner = {
  knownText: () => undefined,
  knownList: () => undefined,
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

  /** See {@link Interner.knownText}. */
  knownText(text: unknown): string | undefined {
    if (text === '') return ''
    return typeof text === 'string' ? this.#texts.find(text) : undefined
  }

  /** See {@link Interner.knownList}. */
  knownList(list: unknown): readonly string[] | undefined {
    if (!Array.isArray(list)) return undefined
    if (list.length === 0) return NO_TEXTS
    const texts = list as readonly unknown[]
    let characters = 0
    for (let index = 0; index < texts.length && characters <= MAX_LIST_CHARACTERS; index++) {
      const text = texts[index]
      if (typeof text !== 'string') return undefined
      characters += text.length + 1
    }
    return characters > MAX_LIST_CHARACTERS
      ? undefined
      : this.#lists.find(listKey(texts as readonly string[]))
  }

  /** See {@link Interner.text}. */
  text(text: string): string {
    return text === '' ? '' : this.#texts.get(text, text)
  }

  /** See {@link Interner.list}. */
  list(list: readonly string[]): readonly string[] {
    if (list.length === 0) return NO_TEXTS
    const shared = Object.freeze(list.map((text) => this.text(text)))
    const key = listKey(shared)
    return key.length > MAX_LIST_CHARACTERS ? shared : this.#lists.get(key, shared)
  }
}

/**
 * A list as text. No control character occurs in a list that is remembered, so with the same number of texts only an
 * equal list has the same key.
 */
function listKey(list: readonly string[]): string {
  return `${list.length}\0${list.join('\0')}`
}

/** A map that forgets what was not used since it took as many others as it holds. */
class Generations<T> {
  #young = new Map<string, T>()
  #old = new Map<string, T>()

  /** The value under `key`. */
  find(key: string): T | undefined {
    const found = this.#young.get(key)
    if (found !== undefined) return found
    const kept = this.#old.get(key)
    return kept === undefined ? undefined : this.#keep(key, kept)
  }

  /** The value under `key`; `value` when there is none yet. */
  get(key: string, value: T): T {
    return this.find(key) ?? this.#keep(key, value)
  }

  #keep(key: string, kept: T): T {
    if (this.#young.size === GENERATION) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(key, kept)
    return kept
  }
}
