/**
 * @internal What keeps the program running while somebody waits for the node: a pending call, an open socket, a
 * listener. Links, timers and retries do not. Each `hold` is followed by one `release`.
 */
export interface KeepAlive {
  /** One more keeps it running. */
  hold(): void
  /** One of them no longer does. */
  release(): void
}

/** @internal Where programs do not end by themselves: in browsers. */
export const ALWAYS_ALIVE: KeepAlive = { hold: () => undefined, release: () => undefined }

/** @internal Keeps the program running until `call` is settled. Returns the same promise. */
export function whilePending<T>(keepAlive: KeepAlive, call: Promise<T>): Promise<T> {
  keepAlive.hold()
  const release = (): void => keepAlive.release()
  call.then(release, release)
  return call
}
