/**
 * Counts the streams of a peer that wait: for the rest of their header, or for somebody who takes them over. Links may
 * share one. It is asked for each stream, so it must be fast.
 */
export interface StreamQuota {
  /** Counts one stream. False, and nothing is counted: there are too many. */
  take(): boolean
  /** Counts one stream less: once for each `take` that returned true. */
  release(): void
}

/**
 * One place in a quota. As the `context` of a stream that `onStream` gave and that nobody handles yet, it is released
 * when the stream closes.
 */
export class StreamPlace {
  #quota: StreamQuota | undefined

  /** `quota` has counted the place. */
  constructor(quota: StreamQuota) {
    this.#quota = quota
  }

  /** Gives the place back. Idempotent. */
  release(): void {
    const quota = this.#quota
    this.#quota = undefined
    quota?.release()
  }
}
