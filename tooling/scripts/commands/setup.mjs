import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execNode } from '../lib/exec.mjs'
import { Failure } from '../lib/failure.mjs'
import { execNpm } from '../lib/npm.mjs'
import { say, timed } from '../lib/say.mjs'
import { packagesIn, readManifest, root } from '../lib/workspace.mjs'

/** Written last, so that an installation that broke off is done again. */
const stampPath = join(root, 'node_modules', '.astranet-setup')

/**
 * Installs exactly what the lockfile says. Does nothing when that has been done before, so it also works offline then.
 *
 * @returns {Promise<number>}
 */
export async function run() {
  const stamp = inputsHash()
  if (existsSync(stampPath) && readFileSync(stampPath, 'utf8') === stamp && areModulesPresent()) return 0
  say('installing dependencies')
  await timed('installed', install)
  writeFileSync(stampPath, stamp)
  return 0
}

async function install() {
  const wanted = (readManifest('.').packageManager ?? '').replace('pnpm@', '')
  // `--prod=false`: the tools are needed even where NODE_ENV says production. Nobody is there to confirm a purge.
  const args = ['install', '--frozen-lockfile', '--prod=false', '--config.confirmModulesPurge=false']
  const options = { output: /** @type {const} */ ('stderr'), env: { CI: 'true' } }
  const { exitCode } = isPnpmInstalled(wanted)
    ? await execNode('node_modules/pnpm/bin/pnpm.cjs', args, options)
    : await execNpm(['exec', '--yes', '--', `pnpm@${wanted}`, ...args], options)
  if (exitCode === 0) return
  throw new Failure(
    'the dependencies could not be installed',
    `read pnpm's message above. Without a network the first run cannot work. Where it says that the lockfile is outdated: npx pnpm@${wanted} install, and commit pnpm-lock.yaml`,
    exitCode,
  )
}

/** @param {string} wanted */
function isPnpmInstalled(wanted) {
  return (
    existsSync(join(root, 'node_modules/pnpm/bin/pnpm.cjs')) &&
    readManifest('node_modules/pnpm').version === wanted
  )
}

function inputsHash() {
  const hash = createHash('sha256')
  const manifests = workspacePackages().map(({ folder }) => `${folder}/package.json`)
  for (const path of ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json', ...manifests]) {
    hash
      .update(`${path}\0`)
      .update(readFileSync(join(root, path)))
      .update('\0')
  }
  return hash.digest('hex')
}

function areModulesPresent() {
  return workspacePackages().every(
    ({ path, manifest }) => manifest.dependencies === undefined || existsSync(join(path, 'node_modules')),
  )
}

function workspacePackages() {
  const parents = /** @type {const} */ (['packages', 'apps', 'examples', 'tooling'])
  return parents.flatMap((parent) => packagesIn(parent))
}
