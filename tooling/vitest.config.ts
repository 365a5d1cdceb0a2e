import { mergeConfig } from 'vitest/config'
import { shared } from '../vitest.shared.js'

// The checks start real tools on fixtures, which takes seconds on a slow machine.
export default mergeConfig(shared, {
  test: { name: 'tooling', testTimeout: 120_000, slowTestThreshold: 10_000 },
})
