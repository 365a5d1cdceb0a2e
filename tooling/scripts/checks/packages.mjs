import { execNode } from '../lib/exec.mjs'
import { packAll } from '../lib/pack.mjs'
import { say } from '../lib/say.mjs'

/** What would be published is what resolvers and compilers expect: publint and are-the-types-wrong on each tarball. */
export async function check() {
  let isGood = true
  for (const { folder, tarball } of await packAll()) {
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
