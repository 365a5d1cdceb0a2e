import { join } from 'node:path'
import * as build from '../commands/build.mjs'
import { exec, execNode } from './exec.mjs'
import { Failure } from './failure.mjs'
import { readManifest } from './workspace.mjs'

/**
 * Runs a program that lives among a package's tests: sets up, builds what the package needs, compiles its tools
 * (`tsconfig.tools.json`) and runs the one wanted.
 *
 * @param {string} folder of the package, for example `packages/mux`
 * @param {string} tool path of its source in there, without `.ts`
 * @param {string[]} args for the program
 * @param {string[]} flags for Node
 * @returns {Promise<number>} its exit code
 */
export async function runTool(folder, tool, args, flags = []) {
  await build.run([`--filter=${readManifest(folder).name}^...`])
  const project = join(folder, 'tsconfig.tools.json')
  const compiled = await execNode('node_modules/typescript/bin/tsc', ['-p', project], { output: 'stderr' })
  if (compiled.exitCode !== 0)
    throw new Failure(
      `the tools of ${folder} do not compile`,
      "correct the first of the compiler's errors above",
    )
  const { exitCode } = await exec(process.execPath, [...flags, join(folder, '.tools', `${tool}.js`), ...args])
  return exitCode
}
