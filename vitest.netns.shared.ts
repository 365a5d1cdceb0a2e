import { defineConfig, mergeConfig, type ViteUserConfig } from 'vitest/config'
import { shared } from './vitest.shared.js'

/**
 * What the tests have in common that make networks of their own: they run alone on the machine, one file after the
 * other.
 */
export const netns: ViteUserConfig = mergeConfig(
  shared,
  defineConfig({
    test: {
      include: ['test/netns/*.netns.ts'],
      exclude: ['test/**/*.test.ts'],
      testTimeout: 180_000,
      hookTimeout: 60_000,
      fileParallelism: false,
      maxConcurrency: 8,
    },
  }),
)
