import type { Clock, Timer, TimerOptions } from './clock.js'
import { FifoQueue } from './fifo-queue.js'

/** The longest delay that `setTimeout` takes without firing at once, in ms. */
const MAX_TIMER_DELAY_MS = 0x7fffffff

interface NodeGlobals {
  setImmediate?: (callback: () => void) => unknown
}

/** The real clock of the runtime: `performance.now`, `setTimeout`, and `setImmediate` or a message channel. */
export const systemClock: Clock = {
  now: () => performance.now(),
  setTimer(delayMs: number, callback: () => void, options?: TimerOptions): Timer {
    const handle: unknown = setTimeout(callback, Math.min(Math.max(delayMs, 0), MAX_TIMER_DELAY_MS))
    if (options?.background === true) (handle as { unref?: () => void }).unref?.()
    return { cancel: () => clearTimeout(handle as number) }
  },
  defer: makeDefer(),
}

function makeDefer(): (callback: () => void) => void {
  const { setImmediate } = globalThis as NodeGlobals
  if (setImmediate !== undefined) return (callback) => void setImmediate(callback)
  return deferByMessages()
}

/** Browsers clamp nested timers to 4 ms; a message to oneself is a turn of the event loop without that delay. */
function deferByMessages(): (callback: () => void) => void {
  const channel = new MessageChannel()
  const waiting = new FifoQueue<() => void>()
  channel.port1.onmessage = () => waiting.shift()?.()
  return (callback) => {
    waiting.push(callback)
    channel.port2.postMessage(0)
  }
}
