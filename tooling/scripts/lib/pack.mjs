import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execNode } from './exec.mjs'
import { Failure } from './failure.mjs'
import { packagesIn } from './workspace.mjs'

/**
 * @typedef {import('./workspace.mjs').WorkspacePackage & { tarball: string }} PackedPackage `tarball` is a path
 */

/** @typedef {import('./workspace.mjs').WorkspacePackage} WorkspacePackage */

/** @type {Promise<PackedPackage[]> | undefined} */
let packed

/**
 * Packs every package just as it would be published, once per process.
 *
 * @returns {Promise<PackedPackage[]>}
 */
export function packAll() {
  packed ??= packInto(makeTemporaryFolder('astranet-packed-'), packagesIn('packages'))
  return packed
}

/**
 * Packs the apps that are published.
 *
 * @returns {Promise<PackedPackage[]>}
 */
export function packApps() {
  const published = packagesIn('apps').filter(({ manifest }) => manifest.private !== true)
  return packInto(makeTemporaryFolder('astranet-packed-apps-'), published)
}

/**
 * A new folder outside the workspace, removed when this process ends.
 *
 * @param {string} prefix of its name
 * @returns {string}
 */
export function makeTemporaryFolder(prefix) {
  const folder = mkdtempSync(join(tmpdir(), prefix))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/**
 * @param {string} folder
 * @param {WorkspacePackage[]} packages
 */
async function packInto(folder, packages) {
  const result = []
  for (const each of packages) {
    const tarball = join(folder, `${each.manifest.name.replace('@', '').replace('/', '-')}.tgz`)
    const { exitCode, output } = await execNode(
      'node_modules/pnpm/bin/pnpm.cjs',
      ['pack', '--out', tarball],
      {
        cwd: each.path,
        output: 'capture',
      },
    )
    if (exitCode !== 0)
      throw new Failure(`${each.folder} cannot be packed: ${output}`, 'see the message of pnpm pack')
    result.push({ ...each, tarball })
  }
  return result
}
