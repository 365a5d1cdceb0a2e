import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
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
