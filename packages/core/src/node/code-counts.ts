/** How many codes are counted apart: those of errors are few, but a program's own errors may have any. */
const MAX_CODES = 64

/** @internal Counts by the code of an error, as plain data. The counts never fall. */
export type CodeCounts = Readonly<Record<string, number>>

/** @internal Counts how often something failed, by the error's code. */
export class CodeCounter {
  readonly #counts = new Map<string, number>()

  /** Counts the error: `'none'` stands for no error, `'other'` for one without a code, or beyond 64 codes. */
  add(error: unknown): void {
    const { code } = (error ?? {}) as { code?: unknown }
    const named = typeof code === 'string' && code !== '' ? code : 'other'
    const known = error === undefined ? 'none' : named
    const shown = this.#counts.has(known) || this.#counts.size < MAX_CODES ? known : 'other'
    this.#counts.set(shown, (this.#counts.get(shown) ?? 0) + 1)
  }

  /** The counts so far. */
  get counts(): CodeCounts {
    return Object.fromEntries(this.#counts)
  }
}
