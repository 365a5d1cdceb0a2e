import { turbo } from '../commands/build.mjs'
import { execNode } from '../lib/exec.mjs'

/** Everything type-checks, tests and these scripts included, which the build does not compile. */
export async function check() {
  const { exitCode } = await execNode('node_modules/typescript/bin/tsc', ['-p', 'tooling/tsconfig.json'])
  await turbo('typecheck', ['--continue'])
  return exitCode === 0
}
