import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { cruise } from '../scripts/checks/layers.mjs'
import { externals, layers } from '../scripts/lib/layers.mjs'
import { packagesIn } from '../scripts/lib/workspace.mjs'
import { makeWorkspace } from './fixture.js'

/** The least that every fixture has, so that imports find what they name. */
const packages = {
  'packages/interface/src/index.ts': 'export const a = 1\n',
  'packages/frame/src/index.ts': "export { a } from '@astranet/interface'\n",
  'packages/mux/src/index.ts': "export { b } from './proto/b.js'\n",
  'packages/mux/src/proto/b.ts': "export { a as b } from '@astranet/frame'\n",
  'packages/mux/src/io/c.ts': "import { connect } from 'node:net'\nexport const c = connect\n",
  'packages/testkit/src/index.ts': 'export const d = 1\n',
  'packages/transport-tcp/src/index.ts': "export { connect } from 'node:net'\n",
  'packages/core/src/index.ts': "export { b } from '@astranet/mux'\n",
  'apps/demo/src/main.ts': "import '@astranet/core'\n",
  'apps/relay/src/main.ts': "import '@astranet/core'\n",
}

async function brokenRules(files: Record<string, string>): Promise<string[]> {
  const folder = makeWorkspace({ ...packages, ...files })
  const { exitCode, output } = await cruise(['packages', 'apps'], folder, 'capture')
  const rules = [...output.matchAll(/error ([a-z-]+): /g)].map(([, rule = '']) => rule)
  expect(exitCode === 0, output).toBe(rules.length === 0)
  return [...new Set(rules)].sort()
}

test('a workspace that keeps to the layers breaks no rule', async () => {
  expect(await brokenRules({})).toEqual([])
})

test.each([
  ['an import of a higher layer', 'packages/mux/src/x.ts', "import '@astranet/core'", ['layer-of-mux']],
  [
    'a type import of a higher layer',
    'packages/frame/src/x.ts',
    "import type {} from '@astranet/mux'",
    ['layer-of-frame'],
  ],
  ['core in the testkit', 'packages/testkit/src/x.ts', "import '@astranet/core'", ['layer-of-testkit']],
  [
    'a transport in the testkit',
    'packages/testkit/src/x.ts',
    "import '@astranet/transport-tcp'",
    ['layer-of-testkit'],
  ],
  [
    'a path into another package',
    'packages/mux/test/x.ts',
    "import '../../frame/src/index.js'",
    ['no-deep-import'],
  ],
  [
    'a subpath that is not exported',
    'packages/mux/src/x.ts',
    "import '@astranet/frame/src/index.ts'",
    ['no-unresolved'],
  ],
  [
    'a package that has no place yet',
    'packages/new/src/index.ts',
    "import '@astranet/frame'",
    ['layer-known'],
  ],
  ['a package of the registry', 'packages/mux/src/x.ts', "import 'vitest'", ['no-unresolved']],
  [
    'a Node module where any runtime is promised',
    'packages/frame/src/x.ts',
    "import 'node:fs'",
    ['runtime-of-frame'],
  ],
  [
    'a Node module in the mux outside its I/O half',
    'packages/mux/src/x.ts',
    "import 'node:fs'",
    ['runtime-of-mux'],
  ],
  [
    'a protocol core that knows its I/O half',
    'packages/mux/src/proto/x.ts',
    "import '../io/c.js'",
    ['proto-is-pure'],
  ],
  [
    'an app in a package',
    'packages/core/src/x.ts',
    "import '../../../apps/demo/src/main.js'",
    ['no-app-below', 'no-deep-import'],
  ],
  [
    'an app in another app',
    'apps/relay/src/x.ts',
    "import '../../demo/src/main.js'",
    ['no-app-below', 'no-deep-import'],
  ],
  ['a test in the source', 'packages/mux/src/x.ts', "import '../test/y.js'", ['no-test-in-source']],
])('%s is a violation', async (_, path, line, rules) => {
  expect(
    await brokenRules({ 'packages/mux/test/y.ts': 'export const y = 1\n', [path]: `${line}\n` }),
  ).toEqual(rules)
})

test('modules that load each other are a violation', async () => {
  const files = {
    'packages/mux/src/x.ts': "import { y } from './y.js'\nexport const x = () => y\n",
    'packages/mux/src/y.ts': "import { x } from './x.js'\nexport const y = () => x\n",
  }
  expect(await brokenRules(files)).toEqual(['no-cycle'])
})

test('modules that know only the types of each other are a violation too', async () => {
  const files = {
    'packages/mux/src/x.ts': "import type { Y } from './y.js'\nexport interface X {\n  y: Y\n}\n",
    'packages/mux/src/y.ts': "import type { X } from './x.js'\nexport interface Y {\n  x: X\n}\n",
  }
  expect(await brokenRules(files)).toEqual(['no-cycle'])
})

test('modules that share types in a file of their own break no rule', async () => {
  const files = {
    'packages/mux/src/x.ts': "import type { Host } from './host.js'\nexport interface X extends Host {}\n",
    'packages/mux/src/y.ts': "import type { Host } from './host.js'\nexport type Y = Host\n",
    'packages/mux/src/host.ts': 'export interface Host {\n  z: number\n}\n',
  }
  expect(await brokenRules(files)).toEqual([])
})

describe.each(packagesIn('packages'))('$folder', ({ folder, path, manifest }) => {
  const name = folder.replace('packages/', '')

  test('has its place among the layers', () => {
    expect(Object.keys(layers)).toContain(name)
  })

  test('depends on lower layers only', () => {
    const allowed = [...(layers[name] ?? []).map((each) => `@astranet/${each}`), ...(externals[name] ?? [])]
    expect(allowed).toEqual(expect.arrayContaining(Object.keys(manifest.dependencies ?? {})))
  })

  test('can be tested alone', () => {
    expect(existsSync(join(path, 'vitest.config.ts'))).toBe(true)
  })
})
