import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    projects: ['packages/*/vitest.netns.config.ts'],
    // One file after the other, of all packages.
    fileParallelism: false,
  },
})
