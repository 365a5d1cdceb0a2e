import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { filesIn, missingFiles } from '../scripts/lib/packed-files.mjs'

test.each([
  ['the licence', '# A', ['README.md'], ['LICENSE']],
  ['a file that the README links to', '[x](./INTERNALS.md#why)', ['LICENSE'], ['INTERNALS.md']],
  ['an image', '![x](picture.png)', ['LICENSE'], ['picture.png']],
])('a tarball without %s lacks it', (_, readme, files, missing) => {
  expect(missingFiles(readme, files)).toEqual(missing)
})

test.each([
  ['a file that is there', '[x](./INTERNALS.md)'],
  ['a folder that is there', '[x](./example/)'],
  ['a file of the repository', '[x](../../docs/LIMITS.md)'],
  ['a heading of its own', '# A\n\n[x](#a)'],
  ['another site', '[x](https://example.invalid/a)'],
])('a README may link to %s', (_, readme) => {
  expect(missingFiles(readme, ['LICENSE', 'INTERNALS.md', 'example/policy.yaml'])).toEqual([])
})

test('the files of a tarball have the paths that they have in the package', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'astranet-tarball-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  mkdirSync(join(folder, 'package/src'), { recursive: true })
  for (const path of ['package/LICENSE', 'package/src/index.ts']) writeFileSync(join(folder, path), '')
  execFileSync('tar', ['-czf', 'a.tgz', 'package/LICENSE', 'package/src/index.ts'], { cwd: folder })
  const files = await filesIn(join(folder, 'a.tgz'))
  expect(files).toContain('LICENSE')
  expect(files).toContain('src/index.ts')
})
