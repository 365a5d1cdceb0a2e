import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { execNode } from '../lib/exec.mjs'
import { Failure } from '../lib/failure.mjs'
import { root } from '../lib/workspace.mjs'
import * as build from './build.mjs'

const entry = 'apps/demo/dist/main.js'

/**
 * Sets up, builds, and runs the demo; its exit code is ours, its stdout is all of ours.
 *
 * @param {string[]} args for the demo, for example `--streams 1000000 --json`
 * @returns {Promise<number>}
 */
export async function run(args) {
  await build.run(['--filter=./apps/demo...'])
  if (!existsSync(join(root, entry)))
    throw new Failure(`there is no ${entry}`, 'see what the build said above')
  const { exitCode } = await execNode(entry, args)
  return exitCode
}
