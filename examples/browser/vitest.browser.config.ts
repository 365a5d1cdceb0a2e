import { mergeConfig } from 'vitest/config'
import { shared } from '../../vitest.shared.js'

/** Tests with a real browser and real processes. `npm run test:browser` passes the path of the browser. */
export default mergeConfig(shared, {
  test: {
    name: 'browser',
    include: ['test/*.browser.ts'],
    testTimeout: 180_000,
    hookTimeout: 60_000,
    fileParallelism: false,
  },
})
