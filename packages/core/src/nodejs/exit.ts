import type { Leaver } from '../node/at-exit.js'
import { BeforeExit } from './before-exit.js'

/** How long nodes may withdraw what they offer when a process ends, and how long the links may then send, in ms. */
const MAX_LEAVING_MS = 2_000

/** How long it then waits for all peers to receive it, in ms. A living peer needs little more than a round trip. */
const MAX_LINGERING_MS = 250

/** The links of all nodes, and the nodes that have neighbours. */
const leavers = new Set<Leaver>()

const { onIdle } = new BeforeExit(leavers)

/**
 * Closes `leaver` in the process's (or the worker's) `'exit'` event, unless the returned function was called before.
 * One listener serves all links. It comes after those of the program, which may still write, and exists only while
 * there are links. A killed process has no such event. A process that ends because it has nothing else to do waits
 * before that until the links have sent (`BeforeExit`).
 */
export function atExit(leaver: Leaver): () => void {
  if (leavers.size === 0) {
    process.on('exit', leaveAll)
    process.on('beforeExit', onIdle)
    process.on('newListener', onNewListener)
  }
  leavers.add(leaver)
  return () => {
    if (!leavers.delete(leaver) || leavers.size > 0) return
    process.off('exit', leaveAll)
    process.off('beforeExit', onIdle)
    process.off('newListener', onNewListener)
  }
}

/**
 * First all nodes withdraw what they offer, so that this leaves with what else their links send. All links send before
 * the first one waits, so that they wait at the same time. Links that have not sent in time break.
 *
 * A TLS link that has flushed in this turn cannot send here. Node's `TLSWrap` completes a write of encrypted bytes in
 * a native `setImmediate`, encrypts later writes only into a buffer until then, and has no call for JavaScript that
 * passes that buffer to the socket below. So a flush over TLS is late in its turn (`ByteDuplex.defer`), and contains
 * all it can.
 */
function leaveAll(): void {
  eachWithin(MAX_LEAVING_MS, (leaver) => leaver.withdraw?.())
  eachWithin(MAX_LEAVING_MS, (leaver) => leaver.closeNow?.())
  eachWithin(MAX_LINGERING_MS, (leaver, ms) => leaver.linger?.(ms))
}

function eachWithin(limitMs: number, call: (leaver: Leaver, ms: number) => void): void {
  const deadline = performance.now() + limitMs
  // The newest first: what a link through routers sends leaves with an older link.
  for (const leaver of [...leavers].reverse()) {
    const ms = deadline - performance.now()
    if (ms <= 0) return
    try {
      call(leaver, ms)
    } catch {
      // The process ends with its own exit code; for the peer this link breaks.
    }
  }
}

/** Marks the listener of each copy of this package that a process has loaded. */
const LEAVES = Symbol.for('@astranet/core: leaves at exit')

Object.defineProperty(leaveAll, LEAVES, { value: true })

/**
 * Moves `leaveAll` behind a listener that the program adds. This event comes before the listener is added. Not behind
 * that of another copy of this package, which would move behind this one in turn, and so on without end.
 */
function onNewListener(event: string | symbol, listener: { readonly [LEAVES]?: unknown }): void {
  if (event === 'exit' && listener[LEAVES] !== true) queueMicrotask(moveLast)
}

function moveLast(): void {
  process.off('exit', leaveAll)
  if (leavers.size > 0) process.on('exit', leaveAll)
}
