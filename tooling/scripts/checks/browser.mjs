import { join } from 'node:path'
import { bundleForBrowser } from '../lib/browser-bundle.mjs'
import { say } from '../lib/say.mjs'
import { readManifest, root } from '../lib/workspace.mjs'

/** The packages whose main entry pages load. */
const packages = ['core', 'secure', 'ticket']

/** What pages load is bundled by Vite as it is: no module of Node is reached, used or not. */
export async function check() {
  let isGood = true
  for (const name of packages) {
    const entry = join(root, 'packages', name, browserEntry(`packages/${name}`))
    const { builtins, bytes, gzippedBytes } = await bundleForBrowser(entry, root)
    for (const each of builtins) say(`${name}: ${each.importer} imports "${each.name}", which no browser has`)
    if (builtins.length > 0) isGood = false
    else say(`${name}: ${kib(bytes)} in a browser, ${kib(gzippedBytes)} gzipped`)
  }
  return isGood
}

/**
 * Where the condition `browser` leads, or what browsers load too.
 *
 * @param {string} folder of the package
 * @returns {string}
 */
function browserEntry(folder) {
  const main = /** @type {{ default: string, browser?: { default: string } }} */ (
    readManifest(folder).exports?.['.']
  )
  return main.browser?.default ?? main.default
}

/** @param {number} bytes */
function kib(bytes) {
  return `${(bytes / 1024).toFixed(0)} KiB`
}
