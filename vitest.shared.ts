import { defineConfig, type ViteUserConfig } from 'vitest/config'

/** What every package's tests have in common: they run from source, without a build. */
export const shared: ViteUserConfig = defineConfig({
  resolve: { conditions: ['@astranet/source'] },
  ssr: { resolve: { conditions: ['@astranet/source'], externalConditions: ['@astranet/source'] } },
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    retry: 0,
    dangerouslyIgnoreUnhandledErrors: false,
  },
})
