/**
 * @internal The async context in which a socket's events and callbacks run: that of its dial, or none for an accepted
 * socket. Several sockets may share one object, where none can see in it what another has entered. Browsers have no such
 * contexts.
 */
export interface Origin {
  /** Calls `callback` in the context, as `AsyncResource` does. */
  runInAsyncScope<TThis, TArgs extends unknown[], TResult>(
    callback: (this: TThis, ...args: TArgs) => TResult,
    thisArg: TThis,
    ...args: TArgs
  ): TResult
  /** A socket of this origin was destroyed. Called once for each. */
  closed(): void
}
