import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const path = (name: string): string => fileURLToPath(new URL(`./support/${name}`, import.meta.url))

// Node 20 can wait for a lock forever when garbage is collected while a generated key is exported as JWK.
test('keys are made while garbage is collected all the time', { timeout: 120_000 }, async () => {
  const flags = ['--gc-interval=37', '--max-semi-space-size=1', '--conditions=@astranet/source']
  const loader = [
    '--import',
    new URL('../../../tooling/test-support/typescript-loader.mjs', import.meta.url).href,
  ]
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [...flags, ...loader, path('make-keys.mjs')],
    { timeout: 100_000 },
  )
  expect(stdout).toBe('made\n')
})
