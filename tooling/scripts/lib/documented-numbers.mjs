import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './workspace.mjs'

/** What a unit is in bytes, ms or pieces. */
const UNITS = /** @type {const} */ ({
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  ms: 1,
  s: 1_000,
  minutes: 60_000,
})

/**
 * The quantities in a text, in bytes, ms or pieces: `64 MiB; from 65,536` is 67,108,864 and 65,536.
 * @param {string} text
 * @returns {number[]}
 */
export function quantities(text) {
  const found = text.matchAll(/(?<![\w.,^])(\d[\d,]*(?:\.\d+)?)(?: (KiB|MiB|GiB|ms|s|minutes)\b)?/g)
  return [...found].map(([, digits = '', unit]) => {
    const factor = unit === undefined ? 1 : UNITS[/** @type {keyof typeof UNITS} */ (unit)]
    return Number(digits.replaceAll(',', '').replace(/\.$/, '')) * factor
  })
}

/**
 * The documents that give numbers, by their paths, each with its lines unwrapped and its tables unpadded.
 * @returns {Map<string, string>}
 */
export function documents() {
  const packages = readdirSync(join(root, 'packages'))
    .flatMap((name) => [`packages/${name}/README.md`, `packages/${name}/INTERNALS.md`])
    .filter((path) => existsSync(join(root, path)))
  const paths = ['README.md', 'ARCHITECTURE.md', 'docs/LIMITS.md', 'spec/astranet-1.md', ...packages]
  return new Map(paths.map((path) => [path, unwrapped(readFileSync(join(root, path), 'utf8'))]))
}

/**
 * The part of a document under a heading.
 * @param {string} text
 * @param {string} heading
 */
export function section(text, heading) {
  const start = text.indexOf(`\n## ${heading}\n`)
  if (start < 0) throw new Error(`there is no section "${heading}"`)
  const end = text.indexOf('\n## ', start + 1)
  return text.slice(start, end < 0 ? undefined : end)
}

/**
 * The rows of tables in which `name` stands as code, and a number.
 * @param {string} text
 * @param {string} name
 */
export function rowsOf(text, name) {
  return text
    .split('\n')
    .filter((line) => line.startsWith('|') && line.includes(`\`${name}\``) && quantities(line).length > 0)
}

/** @param {string} text */
function unwrapped(text) {
  return text.replace(/(?<=[^\n|>])\n *(?=[^\s|#>`-])/g, ' ').replace(/ {2,}/g, ' ')
}
