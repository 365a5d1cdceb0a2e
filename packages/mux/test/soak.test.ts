import { expect, it } from 'vitest'
import { NOISE_BYTES, soak } from './soak/soak.js'

it('50,000 streams in one session leave the heap as it was', { timeout: 60_000 }, async () => {
  const { bytes, before, after } = await soak(50_000)
  expect(bytes).toBeGreaterThan(1_000_000)
  expect(after.heap - before.heap).toBeLessThan(NOISE_BYTES)
  expect(after.buffers - before.buffers).toBeLessThan(NOISE_BYTES)
})
