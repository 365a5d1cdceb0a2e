import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import { root } from '../scripts/lib/workspace.mjs'

/** Makes a workspace outside ours with the files given and a package.json for each of its packages, for one test. */
export function makeWorkspace(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'astranet-fixture-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const base = JSON.stringify({
    extends: join(root, 'tsconfig.base.json'),
    compilerOptions: { lib: ['ES2023', 'DOM'] },
  })
  const all: Record<string, string> = { 'tsconfig.base.json': base, ...files }
  mkdirSync(join(folder, 'node_modules/@astranet'), { recursive: true })
  const packages = new Set(Object.keys(files).map((path) => path.split('/').slice(0, 2).join('/')))
  for (const path of packages) {
    const name = path.replace('packages/', '@astranet/').replace('apps/', '')
    all[`${path}/package.json`] = JSON.stringify({
      name,
      type: 'module',
      exports: { '.': { '@astranet/source': './src/index.ts', default: './dist/index.js' } },
    })
    all[`${path}/tsconfig.json`] = JSON.stringify({
      extends: '../../tsconfig.base.json',
      include: ['src', 'test'],
    })
    if (path.startsWith('packages/')) symlinkSync(join(folder, path), join(folder, 'node_modules', name))
  }
  for (const [path, text] of Object.entries(all)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return folder
}
