import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { compileProject, makeProject } from '../lib/consumer-project.mjs'
import { exec } from '../lib/exec.mjs'
import { makeTemporaryFolder, packAll } from '../lib/pack.mjs'
import { readmeExamples } from '../lib/readme-examples.mjs'
import { say } from '../lib/say.mjs'
import { root } from '../lib/workspace.mjs'

/** @typedef {import('../lib/pack.mjs').PackedPackage} PackedPackage */

/** An example that has not ended by itself by then never does. */
const EXAMPLE_TIMEOUT_MS = 30_000

/**
 * Packages that load Node's HTTP and TLS only when a program needs them: a start takes half as long again with them.
 */
const LIGHT_TO_LOAD = ['packages/core', 'packages/transport-tcp', 'packages/transport-ws']

/**
 * Users can use what we publish: each package, alone in an empty project, loads, type-checks, and runs the examples
 * of its README. The root's README, the guides in `docs`, and the examples that need other packages too get a project
 * with all of them.
 */
export async function check() {
  const packages = await packAll()
  const folder = makeTemporaryFolder('astranet-consumer-')
  let isGood = true
  for (const one of [...packages.map((each) => [each]), packages]) {
    const name = one.length === 1 ? (one[0]?.folder ?? '') : '.'
    const faults = await tryOut(join(folder, name === '.' ? 'all' : name), {
      name,
      wanted: one,
      all: packages,
    })
    for (const fault of faults) say(`${name}: ${fault}`)
    if (faults.length > 0) isGood = false
  }
  return isGood
}

/**
 * @param {string} path of the project to make
 * @param {{ name: string, wanted: PackedPackage[], all: PackedPackage[] }} subject `name` is the folder with the README
 * @returns {Promise<string[]>} what is wrong
 */
async function tryOut(path, { name, wanted, all }) {
  const examples = examplesOf(name, all)
  if (!examples.some(({ document, isRun }) => isRun && document === 'README.md'))
    return ['its README.md has no ```ts block that runs']
  await makeProject(path, wanted, all)
  const entryPoints = wanted.flatMap(specifiers)
  writeFileSync(
    join(path, 'entry-points.ts'),
    entryPoints.map((each, i) => `export * as e${i} from '${each}'\n`).join(''),
  )
  writeFileSync(join(path, 'entry-points.cjs'), entryPoints.map((each) => `require('${each}')\n`).join(''))
  const runs = [{ what: 'require() of every entry point', file: 'entry-points.cjs' }]
  if (LIGHT_TO_LOAD.includes(name)) {
    writeFileSync(join(path, 'light-to-load.mjs'), lightToLoad(entryPoints))
    runs.push({ what: 'loading it without HTTP and TLS', file: 'light-to-load.mjs' })
  }
  for (const { document, code, line, isRun } of examples) {
    const file = `${document.replace(/\W/g, '-').toLowerCase()}-line-${line}`
    writeFileSync(join(path, `${file}.ts`), `${code}export {}\n`)
    if (isRun) runs.push({ what: `the example at ${document}:${line}`, file: `out/${file}.js` })
  }
  const faults = await compileProject(path)
  return faults.length > 0 ? faults : await runAll(path, runs)
}

/**
 * A program that fails when loading `entryPoints` has loaded Node's HTTP or TLS.
 *
 * @param {string[]} entryPoints
 */
function lightToLoad(entryPoints) {
  return `
    for (const each of ${JSON.stringify(entryPoints)}) await import(each)
    const loaded = process.moduleLoadList.filter((each) => /^NativeModule (https?|tls)$/.test(each))
    if (loaded.length > 0) throw new Error('loaded at once: ' + loaded.join(', '))
  `
}

/** The guides of the project, as paths from its root. */
function guides() {
  const names = readdirSync(join(root, 'docs')).filter((each) => each.endsWith('.md'))
  return names.map((each) => `docs/${each}`)
}

/**
 * The examples to try in the project of `name`.
 *
 * @param {string} name
 * @param {PackedPackage[]} all
 */
function examplesOf(name, all) {
  if (name !== '.') return examplesIn(name, 'README.md').filter(({ isAlone }) => isAlone)
  const shared = all
    .flatMap(({ folder }) => examplesIn('.', `${folder}/README.md`))
    .filter(({ isAlone }) => !isAlone)
  return [...['README.md', ...guides()].flatMap((document) => examplesIn('.', document)), ...shared]
}

/**
 * @param {string} folder
 * @param {string} document in it
 */
function examplesIn(folder, document) {
  const path = join(root, folder, document)
  const examples = existsSync(path) ? readmeExamples(readFileSync(path, 'utf8')) : []
  return examples.map((each) => ({ document, ...each }))
}

/**
 * @param {string} path
 * @param {{ what: string, file: string }[]} runs
 * @returns {Promise<string[]>}
 */
async function runAll(path, runs) {
  const faults = []
  for (const { what, file } of runs) {
    const options = { cwd: path, output: /** @type {const} */ ('capture'), timeoutMs: EXAMPLE_TIMEOUT_MS }
    const { exitCode, isTimedOut, output } = await exec(process.execPath, [file], options)
    if (isTimedOut) faults.push(`${what} did not end within ${EXAMPLE_TIMEOUT_MS / 1000} s\n${output}`)
    else if (exitCode !== 0) faults.push(`${what} ended with exit code ${exitCode}\n${output}`)
  }
  return faults
}

/** @param {PackedPackage} each */
function specifiers({ manifest }) {
  return Object.keys(manifest.exports ?? {})
    .filter((subpath) => !subpath.endsWith('.json'))
    .map((subpath) => manifest.name + subpath.slice(1))
}
