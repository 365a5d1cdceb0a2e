import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { packagesIn } from './workspace.mjs'

/**
 * How a code of ours or of Node's is written in source: `'ASTRA_...'` or `'ECONNREFUSED'`; or in part: `ASTRA_...${`.
 * What is only compared with comes from elsewhere.
 */
const LITERAL = /(?<![=!]== )'(ASTRA_[A-Z0-9_]+|ERR_[A-Z_]+|E[A-Z]{3,}[A-Z0-9]*)'|`(ASTRA_[A-Z0-9_]*_)\$\{/g

/** A row of docs/ERRORS.md: code, cause, cure. */
const ROW = /^\| `([A-Z0-9_]+)` *\|([^|]*)\|([^|]*)\|$/gm

/**
 * The codes that `source` makes or names, without those that it only compares with.
 *
 * @param {string} source
 * @returns {string[]}
 */
export function codesInSource(source) {
  return [...source.matchAll(LITERAL)].map(([, whole, part]) => whole ?? part ?? '')
}

/**
 * The codes that every package's `src` makes or names, each with the files it is in.
 *
 * @returns {Map<string, string[]>}
 */
export function codesInPackages() {
  /** @type {Map<string, string[]>} */
  const codes = new Map()
  for (const { folder, path } of packagesIn('packages')) {
    const files = readdirSync(join(path, 'src'), { recursive: true, encoding: 'utf8' })
    for (const file of files.filter((each) => each.endsWith('.ts')).sort()) {
      const found = codesInSource(readFileSync(join(path, 'src', file), 'utf8'))
      for (const code of new Set(found))
        codes.set(code, [...(codes.get(code) ?? []), `${folder}/src/${file}`])
    }
  }
  return codes
}

/**
 * The rows of docs/ERRORS.md, in their order.
 *
 * @param {string} markdown
 * @returns {{ code: string, cause: string, cure: string }[]}
 */
export function codesInDocument(markdown) {
  return [...markdown.matchAll(ROW)].map(([, code = '', cause = '', cure = '']) => ({
    code,
    cause: cause.trim(),
    cure: cure.trim(),
  }))
}
