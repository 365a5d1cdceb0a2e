import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    // Many tests wait for timers, so that one worker for each core, and not one less, keeps the cores busy.
    maxWorkers: '100%',
    projects: [
      'packages/*',
      'apps/*',
      'examples/stdio',
      'examples/discovery',
      'examples/metrics',
      'examples/http',
      'examples/clients',
      'tooling',
    ],
  },
})
