import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { bundlePackage } from '../scripts/lib/bundle-package.mjs'

const folder = mkdtempSync(join(tmpdir(), 'astranet-bundle-'))
afterAll(() => rmSync(folder, { recursive: true }))

function put(name: string, text: string): void {
  mkdirSync(dirname(join(folder, name)), { recursive: true })
  writeFileSync(join(folder, name), text)
}

function entry(name: string): object {
  return {
    '@astranet/source': `./src/${name}.ts`,
    types: `./dist/${name}.d.ts`,
    default: `./dist/${name}.js`,
  }
}

test('a package becomes one file for each entry, and one for what entries share or import on first use', async () => {
  put('package.json', JSON.stringify({ exports: { '.': entry('index'), './more': entry('io/more') } }))
  put('src/index.ts', "export { both } from './both.js'\nexport const later = () => import('./later.js')\n")
  put('src/io/more.ts', "export { both } from '../both.js'\n")
  put(
    'src/both.ts',
    "import { once } from 'node:events'\n/** A comment. */\nexport const both: unknown = [once]\n",
  )
  put('src/later.ts', "import { missing } from '@astranet/missing'\nexport const value: unknown = missing\n")
  put('dist/old.js', '')
  put('dist/old.d.ts', '')
  await bundlePackage(folder)
  const names = readdirSync(join(folder, 'dist'), { recursive: true, encoding: 'utf8' })
  expect(names.filter((name) => /\.[jt]s$/.test(name)).toSorted()).toEqual([
    'index.js',
    'io/more.js',
    'old.d.ts',
    'shared-both.js',
    'shared-later.js',
  ])
  const index = readFileSync(join(folder, 'dist/index.js'), 'utf8')
  expect(index).toContain('import("./shared-later.js")')
  expect(readFileSync(join(folder, 'dist/shared-later.js'), 'utf8')).toContain('from "@astranet/missing"')
  const shared = readFileSync(join(folder, 'dist/shared-both.js'), 'utf8')
  expect(shared).toContain('from "node:events"')
  expect(shared).not.toContain('A comment.')
  const map = JSON.parse(readFileSync(join(folder, 'dist/shared-both.js.map'), 'utf8')) as {
    sources: string[]
  }
  expect(map.sources).toEqual(['../src/both.ts'])
  const { both } = (await import(join(folder, 'dist/io/more.js'))) as { both: unknown[] }
  expect(both).toHaveLength(1)
})
