import { isBuiltin } from 'node:module'
import { gzipSync } from 'node:zlib'
import { relative } from 'node:path'
import { build } from 'vite'

/**
 * @typedef {object} BrowserBundle
 * @property {{ name: string, importer: string }[]} builtins Node's modules that a module of it wants, and which one does
 * @property {number} bytes of the code, minified
 * @property {number} gzippedBytes
 */

/**
 * Bundles a module for browsers as Vite does by default, all of it: every export counts, because a page may use it.
 *
 * @param {string} entry an absolute path
 * @param {string} folder what the importers' paths are relative to
 * @returns {Promise<BrowserBundle>}
 */
export async function bundleForBrowser(entry, folder) {
  /** @type {BrowserBundle['builtins']} */
  const builtins = []
  const result = await buildApart({
    root: folder,
    configFile: false,
    logLevel: 'silent',
    plugins: [spy(builtins, folder)],
    build: {
      write: false,
      rolldownOptions: { input: entry, preserveEntrySignatures: 'strict' },
    },
  })
  const outputs = /** @type {{ output: { type: string, code?: string }[] }[]} */ ([result].flat())
  const code = outputs.flatMap(({ output }) => output.map((each) => each.code ?? '')).join('')
  return { builtins, bytes: Buffer.byteLength(code), gzippedBytes: gzipSync(code).length }
}

/**
 * Vite sets NODE_ENV to production for the whole process and leaves it so: npm would then install no tools in later checks.
 *
 * @param {import('vite').InlineConfig} config
 */
async function buildApart(config) {
  const { NODE_ENV } = process.env
  try {
    return await build(config)
  } finally {
    if (NODE_ENV === undefined) delete process.env.NODE_ENV
    else process.env.NODE_ENV = NODE_ENV
  }
}

/**
 * Notes the imports of Node's modules before Vite puts an empty module in their place, which it does with a mere warning.
 *
 * @param {BrowserBundle['builtins']} builtins
 * @param {string} folder
 * @returns {import('vite').Plugin}
 */
function spy(builtins, folder) {
  return {
    name: 'astranet-builtins',
    enforce: 'pre',
    resolveId(name, importer) {
      if (importer === undefined || !isBuiltin(name)) return null
      builtins.push({ name, importer: relative(folder, importer) })
      return { id: name, external: true }
    },
  }
}
