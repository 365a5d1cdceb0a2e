import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The root of the workspace, an absolute path. */
export const root = fileURLToPath(new URL('../../..', import.meta.url))

/**
 * @typedef {object} Manifest
 * @property {string} name
 * @property {string} version
 * @property {boolean} [private]
 * @property {string} [packageManager]
 * @property {Record<string, unknown>} [exports] all of ours list their entry points
 * @property {Record<string, string>} [dependencies]
 * @property {Record<string, string>} [devDependencies]
 */

/**
 * @typedef {object} WorkspacePackage
 * @property {string} folder from the root, for example `packages/mux`
 * @property {string} path absolute
 * @property {Manifest} manifest
 */

/**
 * @param {string} folder from the root
 * @returns {Manifest}
 */
export function readManifest(folder) {
  return JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))
}

/**
 * The packages of one of the workspace's folders, sorted by name of folder.
 *
 * @param {'packages' | 'apps' | 'examples' | 'tooling'} parent
 * @returns {WorkspacePackage[]}
 */
export function packagesIn(parent) {
  if (!existsSync(join(root, parent))) return []
  return readdirSync(join(root, parent))
    .map((name) => `${parent}/${name}`)
    .filter((folder) => existsSync(join(root, folder, 'package.json')))
    .sort()
    .map((folder) => ({ folder, path: join(root, folder), manifest: readManifest(folder) }))
}

/**
 * The names of the test projects: each folder with tests has one.
 *
 * @returns {string[]}
 */
export function testProjects() {
  const folders = [...['packages', 'apps', 'examples'].flatMap(foldersIn), 'tooling']
  const files = folders
    .map((folder) => join(root, folder, 'vitest.config.ts'))
    .filter((file) => existsSync(file))
  return files.map((file) => {
    const name = /\bname: '([^']+)'/.exec(readFileSync(file, 'utf8'))?.[1]
    if (name === undefined) throw new Error(`${file} must name its test project`)
    return name
  })
}

/** @param {string} parent */
function foldersIn(parent) {
  return readdirSync(join(root, parent)).map((name) => `${parent}/${name}`)
}
