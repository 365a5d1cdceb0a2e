/** @internal What is told of the end of a program: links, and nodes that have neighbours. Each call is made once. */
export interface Leaver {
  /** Bytes that the program has written and that have not left; a program with nothing else to do waits for them. */
  readonly unsentBytes?: number
  /** Withdraws what is offered, before anything is closed. */
  withdraw?(): void
  /** Sends what is to be sent, at once. */
  closeNow?(): void
  /** Waits until the other end has received it, for `ms` at most. */
  linger?(ms: number): void
}

/**
 * @internal Tells `leaver` when the program ends by itself, unless the returned function was called before. Does
 * nothing where a program cannot notice its end.
 */
export type AtExit = (leaver: Leaver) => () => void
