/**
 * @internal Where sockets come from, which is what their events and callbacks run in: the async context of a dial, or none
 * for sockets that were accepted. One object serves all sockets of a listener, and all dials of one context. Browsers
 * have no such contexts.
 */
export interface Origin {
  /** Calls `callback` in the context; as of `AsyncResource`. */
  runInAsyncScope<TThis, TArgs extends unknown[], TResult>(
    callback: (this: TThis, ...args: TArgs) => TResult,
    thisArg: TThis,
    ...args: TArgs
  ): TResult
  /** A socket of this origin was destroyed. Once for each. */
  closed(): void
}
