/**
 * The part of a test runner that the suites need. `{ describe, it }` of vitest and of `node:test` both fit, and so do
 * those of most others.
 */
export interface TestRunner {
  describe(name: string, body: () => void): unknown
  it(name: string, body: () => Promise<void>): unknown
}

/** One check of a suite. */
export interface Check<Subject> {
  /** What the subject does, as a sentence without its subject. */
  readonly name: string
  readonly run: (subject: Subject) => Promise<void>
}
