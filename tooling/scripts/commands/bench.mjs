import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { execNode } from '../lib/exec.mjs'
import { Failure } from '../lib/failure.mjs'
import { root } from '../lib/workspace.mjs'
import * as build from './build.mjs'

const entry = 'apps/bench/dist/main.js'

/**
 * Sets up, builds, and runs the benchmarks; their exit code is ours.
 *
 * @param {string[]} args for the benchmarks, for example `--only bulk,churn --peers tcp,http2`
 * @returns {Promise<number>}
 */
export async function run(args) {
  await build.run(['--filter=./apps/bench...'])
  if (!existsSync(join(root, entry)))
    throw new Failure(`there is no ${entry}`, 'see what the build said above')
  const { exitCode } = await execNode(entry, args)
  return exitCode
}
