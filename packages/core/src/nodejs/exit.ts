import type { Leaver } from '../platform.js'

/** How long an ending process may be kept by what its links send, in ms. Those whose turn has not come by then break. */
const MAX_LEAVING_MS = 2_000

/** How long it then waits at most until all peers have got it, in ms. One that is there needs little more than a round trip. */
const MAX_LINGERING_MS = 250

/** The links of all nodes. */
const leavers = new Set<Leaver>()

/**
 * Has `leaver` leave in the process's (or the worker's) `'exit'` event, unless what this returns was called before. There is
 * one listener for all, behind those of the program, which may still write; and none while nothing is registered. A process
 * that is killed has no such event.
 */
export function atExit(leaver: Leaver): () => void {
  if (leavers.size === 0) {
    process.on('exit', leaveAll)
    process.on('newListener', onNewListener)
  }
  leavers.add(leaver)
  return () => {
    if (!leavers.delete(leaver) || leavers.size > 0) return
    process.off('exit', leaveAll)
    process.off('newListener', onNewListener)
  }
}

/**
 * All send before any waits, so that they wait together.
 *
 * A TLS link that has flushed in this turn cannot send here. Node's `TLSWrap` takes a write of encrypted bytes for finished
 * in a native `setImmediate`, encrypts what follows only into a buffer until then, and gives JavaScript no call that hands
 * that buffer to the socket below. So a flush over TLS is late in its turn (`ByteDuplex.defer`), and holds what it can.
 */
function leaveAll(): void {
  eachWithin(MAX_LEAVING_MS, (leaver) => leaver.closeNow())
  eachWithin(MAX_LINGERING_MS, (leaver, ms) => leaver.linger(ms))
}

function eachWithin(limitMs: number, call: (leaver: Leaver, ms: number) => void): void {
  const deadline = performance.now() + limitMs
  for (const leaver of leavers) {
    const ms = deadline - performance.now()
    if (ms <= 0) return
    try {
      call(leaver, ms)
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
