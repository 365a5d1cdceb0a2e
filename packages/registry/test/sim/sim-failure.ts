/** The catalogues did something that they must not do. */
export class SimFailure extends Error {
  override readonly name = 'SimFailure'
}

/** Throws a {@link SimFailure} unless `condition` holds. `message` may be a function where it costs much to write. */
export function must(condition: boolean, message: string | (() => string)): asserts condition {
  if (!condition) throw new SimFailure(typeof message === 'string' ? message : message())
}
