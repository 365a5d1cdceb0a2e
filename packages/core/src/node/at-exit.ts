/** @internal What has to be closed when a program ends: a link. */
export interface Leaver {
  /** Sends what is to be sent, at once. */
  closeNow(): void
  /** Waits until the other end has received it, for `ms` at most. */
  linger(ms: number): void
}

/**
 * @internal Closes `leaver` when the program ends by itself, unless the returned function was called before. Does nothing
 * where a program cannot notice its end.
 */
export type AtExit = (leaver: Leaver) => () => void
