import { join } from 'node:path'
import { ESLint } from 'eslint'
import { expect, test } from 'vitest'
import { root } from '../scripts/lib/workspace.mjs'
import { makeWorkspace } from './fixture.js'

async function brokenRules(path: string, code: string): Promise<(string | null)[]> {
  const cwd = makeWorkspace({ 'packages/mux/src/index.ts': 'export const a = 1\n', [path]: code })
  const eslint = new ESLint({ cwd, overrideConfigFile: join(root, 'eslint.config.js') })
  const results = await eslint.lintFiles([path])
  return results.flatMap(({ messages }) => messages.map(({ ruleId }) => ruleId))
}

const source = 'packages/mux/src/x.ts'
const proto = 'packages/mux/src/proto/x.ts'
const suite = 'packages/mux/test/x.test.ts'

test.each([
  ['any', source, 'export const x: any = 1\n', '@typescript-eslint/no-explicit-any'],
  [
    'a promise nobody waits for',
    source,
    'export function x(): void {\n  Promise.resolve()\n}\n',
    '@typescript-eslint/no-floating-promises',
  ],
  [
    'a type imported as a value',
    source,
    "import { a } from './index.js'\nexport type X = typeof a\n",
    '@typescript-eslint/consistent-type-imports',
  ],
  [
    'something thrown that is no Error',
    source,
    "export function x(): void {\n  throw 'x'\n}\n",
    '@typescript-eslint/only-throw-error',
  ],
  ['console in a package', source, "console.log('x')\n", 'no-console'],
  ['a default export', source, 'export default 1\n', 'no-restricted-syntax'],
  ['export *', source, "export * from './index.js'\n", 'no-restricted-syntax'],
  ['a loose comparison', source, 'export const x = (a: string) => a == null\n', 'eqeqeq'],
  ['the time in a protocol core', proto, 'export const x = () => Date.now()\n', 'no-restricted-properties'],
  ['chance in a protocol core', proto, 'export const x = () => Math.random()\n', 'no-restricted-properties'],
  [
    'a clock in a protocol core',
    proto,
    'export const x = () => performance.now()\n',
    'no-restricted-globals',
  ],
  [
    'a timer in a protocol core',
    proto,
    'export const x = (f: () => void) => setTimeout(f, 1)\n',
    'no-restricted-globals',
  ],
  [
    'a sleep in a test',
    suite,
    'await new Promise((resolve) => setTimeout(resolve, 5))\nexport {}\n',
    'no-restricted-syntax',
  ],
  [
    'a test that hides the others',
    suite,
    "import { test } from 'vitest'\ntest.only('x', () => undefined)\n",
    'no-restricted-properties',
  ],
])('%s is a violation', async (_, path, code, rule) => {
  expect(await brokenRules(path, code)).toEqual([rule])
})

test('a module that keeps to the rules breaks none', async () => {
  expect(await brokenRules(source, "import { a } from './index.js'\n\nexport const x: number = a\n")).toEqual(
    [],
  )
})
