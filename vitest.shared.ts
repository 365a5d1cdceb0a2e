import { defineConfig, type ViteUserConfig } from 'vitest/config'

/** Nodes would join, or listen, as the environment of the developer says. Empty variables count as absent. */
const env = { MPXROUTER: '', SKYNET_BIND: '', ASTRANET_JOIN: '', ASTRANET_LISTEN: '', ASTRANET_SECRET: '' }

/** What every package's tests have in common: they run from source, without a build. */
export const shared: ViteUserConfig = defineConfig({
  resolve: { conditions: ['@astranet/source'] },
  ssr: { resolve: { conditions: ['@astranet/source'], externalConditions: ['@astranet/source'] } },
  test: {
    include: ['test/**/*.test.ts'],
    env,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    retry: 0,
    dangerouslyIgnoreUnhandledErrors: false,
  },
})
