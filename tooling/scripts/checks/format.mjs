import { execNode } from '../lib/exec.mjs'
import { say } from '../lib/say.mjs'

/** Every file looks as prettier prints it. */
export async function check() {
  const { exitCode } = await execNode('node_modules/prettier/bin/prettier.cjs', [
    '--check',
    '--log-level=warn',
    '.',
  ])
  if (exitCode !== 0) say('to correct the format: npx prettier --write .')
  return exitCode === 0
}
