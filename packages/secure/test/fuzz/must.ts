/** An input made the package do what it must not do. */
export class FuzzFailure extends Error {
  override readonly name = 'FuzzFailure'
}

/** Throws a {@link FuzzFailure} unless `condition` holds. */
export function must(condition: boolean, message: string): asserts condition {
  if (!condition) throw new FuzzFailure(message)
}
