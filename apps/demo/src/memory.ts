import type { Memory } from './calls.js'

/** Collects garbage, thoroughly, and says what is left. Needs `--expose-gc`. */
export async function measureMemory(): Promise<Memory> {
  for (let round = 0; round < 2; round++) {
    globalThis.gc?.()
    // What was freed behind the heap goes in a later turn.
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { rssBytes: process.memoryUsage.rss() }
}
