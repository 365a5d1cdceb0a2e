import { join } from 'node:path'
import { findChromium } from '../lib/chromium.mjs'
import { execNode } from '../lib/exec.mjs'
import { say } from '../lib/say.mjs'
import { root } from '../lib/workspace.mjs'
import * as build from './build.mjs'

/** Where `ci` finds the numbers; there is none when the tests were left out. */
export const reportPath = 'reports/vitest-browser.json'

/**
 * Builds the page of `examples/browser` and tries it in Chromium, with real nodes in processes of their own. Where
 * there is no Chromium it says so, and that is no failure.
 *
 * @param {string[]} args for vitest, for example `-t 'dials a service'`
 * @returns {Promise<number>}
 */
export async function run(args) {
  const chromium = findChromium()
  if (chromium === undefined) {
    say('left out: tests in a browser: no Chromium is installed here (Debian: apt-get install chromium)')
    return 0
  }
  await build.run(['--filter=./examples/browser...'])
  const config = ['--config', 'vitest.browser.config.ts']
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${join(root, reportPath)}`]
  const { exitCode } = await execNode(
    'node_modules/vitest/vitest.mjs',
    ['run', ...config, ...reporters, ...args],
    { cwd: join(root, 'examples/browser'), env: { CHROMIUM: chromium } },
  )
  return exitCode
}
