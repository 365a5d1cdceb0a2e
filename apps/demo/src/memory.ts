import { setTimeout as sleep } from 'node:timers/promises'
import type { Memory } from './calls.js'

const MAX_ROUNDS = 8
const PAUSE_MS = 100

/**
 * Collects garbage until a collection frees less than a hundredth of the memory, and resolves with the remaining
 * memory. One collection is not enough: each empties only some of the sparsely used pages, and they return to the
 * system in the background. Needs `--expose-gc`.
 */
export async function measureMemory(): Promise<Memory> {
  let rssBytes = Infinity
  for (let round = 0; round < MAX_ROUNDS; round++) {
    globalThis.gc?.()
    await sleep(PAUSE_MS)
    const now = process.memoryUsage.rss()
    if (now > 0.99 * rssBytes) return { rssBytes: Math.min(now, rssBytes) }
    rssBytes = now
  }
  return { rssBytes }
}
