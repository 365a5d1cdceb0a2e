import { existsSync } from 'node:fs'
import { join } from 'node:path'
import * as build from '../commands/build.mjs'
import { execNode } from './exec.mjs'
import { Failure } from './failure.mjs'
import { root } from './workspace.mjs'

/**
 * Sets up, builds an app with what it needs, and runs it; its stdout is all of ours.
 *
 * @param {string} name of its folder in `apps/`
 * @param {string[]} args for the app
 * @returns {Promise<number>} its exit code
 */
export async function runApp(name, args) {
  const entry = `apps/${name}/dist/main.js`
  await build.run([`--filter=./apps/${name}...`])
  if (!existsSync(join(root, entry)))
    throw new Failure(`there is no ${entry}`, 'see what the build said above')
  const { exitCode } = await execNode(entry, args)
  return exitCode
}
