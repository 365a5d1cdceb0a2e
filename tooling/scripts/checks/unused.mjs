import { execNode } from '../lib/exec.mjs'

/** No file, export or dependency is there for nothing, and none is used without being declared. */
export async function check() {
  const { exitCode } = await execNode('node_modules/knip/bin/knip.js', ['--no-progress', '--no-config-hints'])
  return exitCode === 0
}
