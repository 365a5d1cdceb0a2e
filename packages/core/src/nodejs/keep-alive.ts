import { AsyncResource } from 'node:async_hooks'
import type { KeepAlive } from '../node/keep-alive.js'

/** The longest delay of a timer, in ms. */
const LONGEST_MS = 0x7fffffff

const start = globalThis.setInterval
const outside = new AsyncResource('ASTRANET_KEEP_ALIVE', { requireManualDestroy: true })

let timer: NodeJS.Timeout | undefined
let holders = 0

/**
 * @internal Keeps the process (or the worker) alive for sockets, listeners and pending calls, as open handles do. They
 * have no handle of their own: their bytes travel over links, which are unref'd. Each socket holds while it reads or a
 * write waits, each listener as long as it listens, unless it is unref'd. One timer serves all. Dials have a timer of
 * their own, that of their deadline.
 */
export const keepAlive: KeepAlive = {
  hold(): void {
    holders += 1
    if (holders > 1) return
    if (timer === undefined) timer = outside.runInAsyncScope(start, undefined, doNothing, LONGEST_MS)
    else timer.ref()
  },

  release(): void {
    holders -= 1
    if (holders === 0) timer?.unref()
  },
}

function doNothing(): void {}
