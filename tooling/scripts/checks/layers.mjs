import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { execNode } from '../lib/exec.mjs'
import { root } from '../lib/workspace.mjs'

/** Nothing is imported upwards, deep, or round in a circle: the rules of .dependency-cruiser.mjs. */
export async function check() {
  const folders = ['packages', 'apps', 'examples'].filter((folder) => existsSync(join(root, folder)))
  return (await cruise(folders, root)).exitCode === 0
}

/**
 * @param {string[]} folders
 * @param {string} cwd the root of the workspace, or of a fixture that looks like one
 * @param {'inherit' | 'capture'} [output]
 */
export function cruise(folders, cwd, output = 'inherit') {
  const args = ['--config', join(root, '.dependency-cruiser.mjs'), '--output-type', 'err-long', ...folders]
  return execNode('node_modules/dependency-cruiser/bin/dependency-cruise.mjs', args, { cwd, output })
}
