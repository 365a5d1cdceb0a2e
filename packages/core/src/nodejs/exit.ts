/** How long an ending process may be kept by its links, in ms. Those whose turn has not come by then break. */
const MAX_LEAVING_MS = 2_000

/** What leaves when the process ends: one for each link. */
const leavers = new Set<() => void>()

/**
 * Calls `leave` in the process's (or the worker's) `'exit'` event, unless what this returns was called before. There is one
 * listener for all, behind those of the program, which may still write; and none while nothing is registered. A process
 * that is killed has no such event.
 */
export function atExit(leave: () => void): () => void {
  if (leavers.size === 0) {
    process.on('exit', leaveAll)
    process.on('newListener', onNewListener)
  }
  leavers.add(leave)
  return () => {
    if (!leavers.delete(leave) || leavers.size > 0) return
    process.off('exit', leaveAll)
    process.off('newListener', onNewListener)
  }
}

function leaveAll(): void {
  const deadline = performance.now() + MAX_LEAVING_MS
  for (const leave of leavers) {
    if (performance.now() > deadline) return
    try {
      leave()
    } catch {
      // The process is to end with its own exit code; the peer finds this link broken.
    }
  }
}

/** Moves ours behind a listener that the program adds, which is not there yet when its event comes. */
function onNewListener(event: string | symbol, listener: unknown): void {
  if (event === 'exit' && listener !== leaveAll) queueMicrotask(moveLast)
}

function moveLast(): void {
  process.off('exit', leaveAll)
  if (leavers.size > 0) process.on('exit', leaveAll)
}
