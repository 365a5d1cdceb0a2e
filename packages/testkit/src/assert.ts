/** Throws an `Error` with `message` unless `condition` holds. */
export function check(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message)
}

/** Throws an `Error` that names `what` unless `actual` is `expected`. */
export function checkSame(actual: unknown, expected: unknown, what: string): void {
  check(Object.is(actual, expected), `${what}: expected ${String(expected)}, got ${String(actual)}`)
}

/** Throws an `Error` that says where they differ unless `actual` and `expected` hold the same bytes. */
export function checkBytes(actual: Uint8Array, expected: Uint8Array, what: string): void {
  const length = Math.min(actual.length, expected.length)
  for (let index = 0; index < length; index++) {
    // The message is made for a difference only: there are millions of bytes.
    if (actual[index] !== expected[index])
      check(false, `${what}: byte ${index} is ${actual[index]}, not ${expected[index]}`)
  }
  checkSame(actual.length, expected.length, `${what}: length in bytes`)
}

/** The `code` of an error, `undefined` when it has none. */
export function codeOf(error: unknown): unknown {
  return error instanceof Error ? (error as { code?: unknown }).code : undefined
}

/** What `promise` rejects with. Throws an `Error` that names `what` when it resolves. */
export async function rejection(promise: Promise<unknown>, what: string): Promise<unknown> {
  const outcome = await promise.then(
    () => undefined,
    (error: unknown) => ({ error }),
  )
  check(outcome !== undefined, `${what} should have failed, and did not`)
  return outcome.error
}
