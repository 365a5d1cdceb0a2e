/**
 * @internal Changes that wait until they are taken: what the catalogue's and the route table's watches have in common.
 */
export interface TakeableChanges<C> {
  /**
   * The next changes, each once and in order, `limit` at most where the source can do that. The first ones report
   * everything that there is.
   */
  take(limit?: number): readonly C[]
  /** Ends it. Idempotent. */
  close(): void
}

/**
 * @internal Begins to watch. `onPending` is called once when there is something to take, then not again before it was
 * taken; it only schedules, and does not throw.
 */
export type ChangeSource<C> = (onPending: () => void) => TakeableChanges<C>
