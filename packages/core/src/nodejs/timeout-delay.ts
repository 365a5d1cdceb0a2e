import { Socket as NetSocket } from 'node:net'
import { MAX_TIMEOUT_MS } from '../api/check.js'

/**
 * The arguments of `setTimeout`, checked: the delay that Node would use. Unusual arguments are given to Node itself, which
 * throws its own errors and emits its own warning.
 */
export function checkDelay(delayMs: number, onTimeout: unknown): number {
  const isPlain = Number.isFinite(delayMs) && delayMs >= 0 && delayMs <= MAX_TIMEOUT_MS
  if (isPlain && (onTimeout === undefined || typeof onTimeout === 'function')) return delayMs
  const socket = new NetSocket()
  socket.setTimeout(delayMs, onTimeout as () => void)
  socket.destroy()
  return Math.min(delayMs, MAX_TIMEOUT_MS)
}
