/**
 * A text with stars, each of which stands for any characters or none. Matching takes no regular expression and never
 * goes back, so that no pattern makes it slow.
 */
export class Glob {
  readonly #isExact: boolean
  readonly #head: string
  readonly #middle: readonly string[]
  readonly #tail: string
  readonly #minLength: number

  constructor(pattern: string) {
    const parts = pattern.split('*')
    this.#isExact = parts.length === 1
    this.#head = parts[0] ?? ''
    this.#tail = parts.at(-1) ?? ''
    this.#middle = parts.slice(1, -1).filter((part) => part !== '')
    this.#minLength = this.#isExact ? pattern.length : parts.reduce((sum, part) => sum + part.length, 0)
  }

  /** Whether the whole of `text` matches, case included. */
  matches(text: string): boolean {
    if (this.#isExact) return text === this.#head
    if (text.length < this.#minLength) return false
    if (!text.startsWith(this.#head) || !text.endsWith(this.#tail)) return false
    return this.#middle.length === 0 || this.#holdsMiddle(text)
  }

  /** The first place of each part is enough: a later one leaves less room for the parts behind it. */
  #holdsMiddle(text: string): boolean {
    const end = text.length - this.#tail.length
    let position = this.#head.length
    for (const part of this.#middle) {
      const found = text.indexOf(part, position)
      if (found === -1) return false
      position = found + part.length
    }
    return position <= end
  }
}
