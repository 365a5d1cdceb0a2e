import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { bundleForBrowser } from '../scripts/lib/browser-bundle.mjs'
import { makeWorkspace } from './fixture.js'

const entry = 'packages/core/src/index.ts'

async function builtinsOf(files: Record<string, string>): Promise<string[]> {
  const folder = makeWorkspace(files)
  const { builtins } = await bundleForBrowser(join(folder, entry), folder)
  return builtins.map(({ name, importer }) => `${importer}: ${name}`)
}

test('a module that needs no Node reaches none of its modules', async () => {
  expect(
    await builtinsOf({
      [entry]: "export { one } from './one.js'\n",
      'packages/core/src/one.ts': 'export const one = 1\n',
    }),
  ).toEqual([])
})

test('a module of Node is named with who imports it, also where nothing of it is used', async () => {
  const files = {
    [entry]: "export { one } from './one.js'\nimport './two.js'\n",
    'packages/core/src/one.ts':
      "import { Duplex } from 'node:stream'\nexport const one = (): unknown => Duplex\n",
    'packages/core/src/two.ts': "import { readFile } from 'fs/promises'\nexport const two = readFile\n",
  }
  expect((await builtinsOf(files)).sort()).toEqual([
    'packages/core/src/one.ts: node:stream',
    'packages/core/src/two.ts: fs/promises',
  ])
})

test('what runs after a bundle is not taken for production', async () => {
  const { NODE_ENV } = process.env
  onTestFinished(() => void (process.env.NODE_ENV = NODE_ENV))
  delete process.env.NODE_ENV
  await builtinsOf({ [entry]: 'export const one = 1\n' })
  expect(process.env.NODE_ENV).toBe(undefined)
})
