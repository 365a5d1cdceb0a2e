import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeProject } from '../lib/consumer-project.mjs'
import { exec, execNode } from '../lib/exec.mjs'
import { makeTemporaryFolder, packAll, packApps } from '../lib/pack.mjs'
import { say } from '../lib/say.mjs'

/** Users can run the apps that we publish: each, installed alone in an empty project, has commands that start. */
export async function check() {
  const packages = await packAll()
  const folder = makeTemporaryFolder('astranet-app-')
  let isGood = true
  for (const app of await packApps()) {
    const path = join(folder, app.manifest.name)
    await makeProject(path, [app], [...packages, app])
    for (const fault of [...(await lint(app.tarball)), ...(await start(path, app.manifest.name))]) {
      isGood = false
      say(`${app.folder}: ${fault}`)
    }
  }
  return isGood
}

/**
 * @param {string} tarball
 * @returns {Promise<string[]>} what is wrong
 */
async function lint(tarball) {
  const args = ['run', tarball, '--strict']
  const { exitCode, output } = await execNode('node_modules/publint/src/cli.js', args, { output: 'capture' })
  return exitCode === 0 ? [] : [output]
}

/**
 * @param {string} path of the project
 * @param {string} name of the package
 * @returns {Promise<string[]>} what is wrong
 */
async function start(path, name) {
  const installed = join(path, 'node_modules', name)
  /** @type {{ version: string, bin?: Record<string, string> }} */
  const { version, bin = {} } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'))
  const faults = Object.keys(bin).length === 0 ? ['it has no command'] : []
  for (const [command, file] of Object.entries(bin)) {
    const args = [join(installed, file), '--version']
    const { exitCode, output } = await exec(process.execPath, args, { cwd: path, output: 'capture' })
    if (exitCode !== 0 || output.trim() !== version)
      faults.push(`${command} --version ended with exit code ${exitCode} and printed ${output}`)
  }
  return faults
}
