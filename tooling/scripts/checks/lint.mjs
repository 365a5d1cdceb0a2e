import { execNode } from '../lib/exec.mjs'

/** What is linted together. The rules that know types keep all types that they have seen, so one run takes over 4 GB. */
const parts = [
  ['packages/core'],
  ['packages', '--ignore-pattern=packages/core/**'],
  ['.', '--ignore-pattern=packages/**'],
]

/** The rules of eslint.config.js hold. */
export async function check() {
  let isGood = true
  for (const part of parts) {
    const { exitCode } = await execNode('node_modules/eslint/bin/eslint.js', [...part, '--max-warnings=0'])
    isGood &&= exitCode === 0
  }
  return isGood
}
