import { execNode } from '../lib/exec.mjs'
import { say } from '../lib/say.mjs'
import { leftOut } from '../lib/left-out.mjs'
import * as build from './build.mjs'

/** Where `ci` finds the numbers, for the Node that this runs on. */
export const reportPath = `reports/vitest-node-${process.versions.node}.json`

/**
 * Sets up, builds, and runs every test that a plain machine can run.
 *
 * @param {string[]} args for vitest, for example `--project mux` or a part of a file's name
 * @returns {Promise<number>}
 */
export async function run(args) {
  await build.run([])
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${reportPath}`]
  const { exitCode } = await execNode('node_modules/vitest/vitest.mjs', ['run', ...reporters, ...args])
  for (const { what, why } of leftOut()) say(`left out: ${what}: ${why}`)
  if (exitCode !== 0) say('next: to run one package again: npm test -- --project <name of its folder>')
  return exitCode
}
