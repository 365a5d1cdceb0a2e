import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { execNode } from '../lib/exec.mjs'
import { packAll } from '../lib/pack.mjs'
import { filesIn, missingFiles } from '../lib/packed-files.mjs'
import { say } from '../lib/say.mjs'

/**
 * What would be published is what resolvers and compilers expect, by publint and are-the-types-wrong on each tarball; and
 * it has the licence, and the files of the package that its README links to.
 */
export async function check() {
  let isGood = true
  for (const { folder, path, tarball } of await packAll()) {
    const missing = missingFiles(readFileSync(join(path, 'README.md'), 'utf8'), await filesIn(tarball))
    if (missing.length > 0) {
      isGood = false
      say(`${folder}: its tarball lacks ${missing.join(', ')}: name them in "files" of its package.json`)
    }
    const reports = [
      await execNode('node_modules/publint/src/cli.js', ['run', tarball, '--strict'], { output: 'capture' }),
      // Only ES modules are published; `require` loads them too on the versions of Node that we take.
      await execNode(
        'node_modules/@arethetypeswrong/cli/dist/index.js',
        [tarball, '--profile', 'esm-only', '--format', 'ascii', '--no-color', '--no-emoji'],
        { output: 'capture' },
      ),
    ]
    for (const { exitCode, output } of reports.filter(({ exitCode }) => exitCode !== 0)) {
      isGood = false
      say(`${folder}: exit code ${exitCode}\n${output}`)
    }
  }
  return isGood
}
