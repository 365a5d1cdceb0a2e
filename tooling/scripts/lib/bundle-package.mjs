import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { rolldown } from 'rolldown'

const SOURCE = /^\.\/src\/(.*)\.ts$/

/**
 * Makes one file in `dist` for each entry of a package's `exports`, and one for what several entries share or what is
 * imported on first use. Other packages stay imports. Code and names stay readable, with source maps.
 *
 * Each module costs a process some 10 KiB of heap for as long as it lives, and each comment its text. A hundred modules
 * less keep a small node below the 8 MiB from which V8 collects while the program waits (packages/core/INTERNALS.md).
 *
 * @param {string} folder of the package
 * @returns {Promise<void>}
 */
export async function bundlePackage(folder) {
  const dist = join(folder, 'dist')
  for (const name of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
    if (/\.js(\.map)?$/.test(name)) rmSync(join(dist, name))
  }
  const bundle = await rolldown({
    input: entriesOf(folder),
    external: /^[^./]/,
    platform: 'neutral',
    treeshake: false,
    tsconfig: false,
    transform: { target: 'es2023' },
  })
  await bundle.write({
    dir: dist,
    sourcemap: true,
    entryFileNames: '[name].js',
    chunkFileNames: 'shared-[name].js',
    comments: false,
  })
  await bundle.close()
}

/**
 * @param {string} folder
 * @returns {Record<string, string>} sources by the names of their entries, for example `message/index`
 */
function entriesOf(folder) {
  const { exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  /** @type {Record<string, string>} */
  const entries = {}
  for (const path of leavesOf(exports)) {
    const name = SOURCE.exec(path)?.[1]
    if (name !== undefined) entries[name] = join(folder, path)
  }
  return entries
}

/**
 * @param {unknown} exports of a package.json, or a part of them
 * @returns {string[]} the paths in it
 */
function leavesOf(exports) {
  if (typeof exports === 'string') return [exports]
  return Object.values(/** @type {object} */ (exports)).flatMap(leavesOf)
}
