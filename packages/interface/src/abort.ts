/** What waits for one signal, and the one listener that tells it. */
interface Waiting {
  readonly entries: Set<() => void>
  readonly tell: () => void
}

const waitingBySignal = new WeakMap<AbortSignal, Waiting>()

/**
 * Calls `callback` once when `signal` aborts; never, when it is aborted already: look before. However many calls wait for
 * one signal, it has one listener, since Node warns of a leak at eleven, and none when nothing waits. `callback` must not
 * throw. Returns what ends the waiting; idempotent.
 */
export function onAbort(signal: AbortSignal | undefined, callback: () => void): () => void {
  if (signal === undefined) return () => undefined
  const waiting = waitingBySignal.get(signal) ?? listenTo(signal)
  // A function of its own, so that one callback can wait twice.
  const entry = (): void => callback()
  waiting.entries.add(entry)
  return () => {
    if (!waiting.entries.delete(entry) || waiting.entries.size > 0) return
    signal.removeEventListener('abort', waiting.tell)
    waitingBySignal.delete(signal)
  }
}

function listenTo(signal: AbortSignal): Waiting {
  const entries = new Set<() => void>()
  const tell = (): void => {
    waitingBySignal.delete(signal)
    for (const entry of entries) if (entries.delete(entry)) entry()
  }
  const waiting = { entries, tell }
  waitingBySignal.set(signal, waiting)
  signal.addEventListener('abort', tell, { once: true })
  return waiting
}
