import { AsyncResource } from 'node:async_hooks'

/** The longest delay of a timer, in ms. */
const LONGEST_MS = 0x7fffffff

const start = globalThis.setInterval
const outside = new AsyncResource('ASTRANET_KEEP_ALIVE', { requireManualDestroy: true })

let timer: NodeJS.Timeout | undefined
let holders = 0

/**
 * Keeps the process (or the worker) alive for sockets and listeners, as open handles do. They have no handle of their
 * own: their bytes travel over links. The TCP connection of a link keeps the process alive as well. A link over memory
 * does not, a socket of a node to itself has no link, and a listener needs none. Each socket holds from its connect or
 * accept to its end, each listener as long as it listens, unless it is unref'd. One timer serves all.
 */
export const keepAlive = {
  /** One more keeps the process alive. */
  hold(): void {
    holders += 1
    if (holders > 1) return
    if (timer === undefined) timer = outside.runInAsyncScope(start, undefined, doNothing, LONGEST_MS)
    else timer.ref()
  },

  /** One of them no longer does. */
  release(): void {
    holders -= 1
    if (holders === 0) timer?.unref()
  },
}

function doNothing(): void {}
