/**
 * Changes of a set of values, taken at the watcher's own pace. Changes wait until they are taken, at most one per
 * value. Of several changes of one value only the result is reported, and none when the value is what it was.
 */
export interface Watch<C> {
  /**
   * The changes since the last call, each once, in the order in which the values first changed; at most `limit` of
   * them (1 or more, default all). The others keep waiting: `onPending` is not called for them, so take until there are
   * fewer than `limit`. At first all values are reported. After `close` there are none. Throws a `RangeError` or
   * `TypeError` for a wrong `limit`.
   */
  take(limit?: number): C[]
  /** Ends the watch. Idempotent. */
  close(): void
}
