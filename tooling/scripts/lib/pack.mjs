import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execNode } from './exec.mjs'
import { Failure } from './failure.mjs'
import { packagesIn } from './workspace.mjs'

/**
 * @typedef {import('./workspace.mjs').WorkspacePackage & { tarball: string }} PackedPackage `tarball` is a path
 */

/** @type {Promise<PackedPackage[]> | undefined} */
let packed

/**
 * Packs every package just as it would be published, once per process.
 *
 * @returns {Promise<PackedPackage[]>}
 */
export function packAll() {
  packed ??= packInto(makeTemporaryFolder('astranet-packed-'))
  return packed
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

/** @param {string} folder */
async function packInto(folder) {
  const result = []
  for (const each of packagesIn('packages')) {
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
