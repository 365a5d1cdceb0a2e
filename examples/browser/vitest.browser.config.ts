import { mergeConfig } from 'vitest/config'
import { shared } from '../../vitest.shared.js'

/** A real browser and real processes: `npm run test:browser` says where the browser is. */
export default mergeConfig(shared, {
  test: {
    name: 'browser',
    include: ['test/*.browser.ts'],
    testTimeout: 180_000,
    hookTimeout: 60_000,
    fileParallelism: false,
  },
})
