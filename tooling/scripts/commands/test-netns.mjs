import { join } from 'node:path'
import { execNode } from '../lib/exec.mjs'
import { whyNoNetworkNamespaces } from '../lib/network-namespaces.mjs'
import { say } from '../lib/say.mjs'
import { root } from '../lib/workspace.mjs'
import * as build from './build.mjs'

/** Where `ci` finds the numbers; there is none when the tests were left out. */
export const reportPath = 'reports/vitest-netns.json'

/**
 * Runs the tests that make networks of their own: rate, delay and broken links, NATs and punching through them, in
 * network namespaces. They measure, so nothing else should run beside them. Where they cannot run it says why, and that
 * is no failure.
 *
 * @param {string[]} args for vitest, for example `throughput`
 * @returns {Promise<number>}
 */
export async function run(args) {
  const why = await whyNoNetworkNamespaces()
  if (why !== undefined) {
    say(`left out: tests in network namespaces: ${why}`)
    return 0
  }
  await build.run(['--filter=./packages/mux...'])
  const config = ['--config', 'vitest.netns.config.ts']
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${join(root, reportPath)}`]
  const vitest = 'node_modules/vitest/vitest.mjs'
  const { exitCode } = await execNode(vitest, ['run', ...config, ...reporters, ...args], { cwd: root })
  return exitCode
}
