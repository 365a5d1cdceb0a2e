import { mergeConfig } from 'vitest/config'
import { shared } from '../../vitest.shared.js'

/** Measurements on real networks: alone on the machine, and one file after the other. */
export default mergeConfig(shared, {
  test: {
    name: 'mux-netns',
    include: ['test/netns/*.netns.ts'],
    exclude: ['test/**/*.test.ts'],
    testTimeout: 180_000,
    fileParallelism: false,
    maxConcurrency: 8,
  },
})
