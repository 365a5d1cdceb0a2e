/** The callbacks that wait for one signal, and its one listener, which calls them. */
interface Waiting {
  readonly entries: Set<() => void>
  readonly notify: () => void
}

const waitingBySignal = new WeakMap<AbortSignal, Waiting>()

/**
 * Calls `callback` once when `signal` aborts. A signal that is aborted already calls nothing, so check that first. All
 * callbacks of one signal share one listener, because Node warns of a leak at eleven; without a callback the signal has
 * none. `callback` must not throw. Returns a function that ends the waiting; idempotent.
 */
export function onAbort(signal: AbortSignal | undefined, callback: () => void): () => void {
  if (signal === undefined) return () => undefined
  const waiting = waitingBySignal.get(signal) ?? listenTo(signal)
  // A new function for each call, so that one callback can wait twice.
  const entry = (): void => callback()
  waiting.entries.add(entry)
  return () => {
    if (!waiting.entries.delete(entry) || waiting.entries.size > 0) return
    signal.removeEventListener('abort', waiting.notify)
    waitingBySignal.delete(signal)
  }
}

function listenTo(signal: AbortSignal): Waiting {
  const entries = new Set<() => void>()
  const notify = (): void => {
    waitingBySignal.delete(signal)
    for (const entry of entries) if (entries.delete(entry)) entry()
  }
  const waiting = { entries, notify }
  waitingBySignal.set(signal, waiting)
  signal.addEventListener('abort', notify, { once: true })
  return waiting
}
