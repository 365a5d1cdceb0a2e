const waitingBySignal = new WeakMap<AbortSignal, Set<() => void>>()

/**
 * Calls `callback` once when `signal` aborts. However many calls wait for one signal, it has one listener: Node warns of
 * a leak at eleven. Returns what ends the waiting; idempotent.
 */
export function onAbort(signal: AbortSignal | undefined, callback: () => void): () => void {
  if (signal === undefined) return () => undefined
  const waiting = waitingBySignal.get(signal) ?? listenTo(signal)
  // A function of its own, so that one callback can wait twice.
  const entry = (): void => callback()
  waiting.add(entry)
  return () => void waiting.delete(entry)
}

function listenTo(signal: AbortSignal): Set<() => void> {
  const waiting = new Set<() => void>()
  waitingBySignal.set(signal, waiting)
  const tell = (): void => {
    for (const entry of waiting) if (waiting.delete(entry)) entry()
  }
  signal.addEventListener('abort', tell, { once: true })
  return waiting
}
