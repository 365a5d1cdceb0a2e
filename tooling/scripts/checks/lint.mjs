import { execNode } from '../lib/exec.mjs'

/** The rules of eslint.config.js hold. */
export async function check() {
  const { exitCode } = await execNode('node_modules/eslint/bin/eslint.js', ['.', '--max-warnings=0'])
  return exitCode === 0
}
