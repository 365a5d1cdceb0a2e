import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { runTest } from './run-test.js'

const HELP = `Runs Node's own tests of net with the net module of AstraNet.

  NODE_TEST_DIR=DIR npm run test:node-net             all of DIR/test/parallel/test-net-*
  NODE_TEST_DIR=DIR npm run test:node-net -- NAME...  only these, with what they write
  NODE_TEST_DIR=DIR npm run test:node-net -- --real   with the real net: what passes on this Node
  --write                                             makes the published list what passes now

DIR is a checkout of the repository denoland/node_test at a version of this Node's line, v20.11.1 for Node 20.
Exit code 1: the tests that pass are not those that packages/core/node-net-tests.json lists.
`

/** The published list: each test by its name. */
interface Published {
  /** Those that pass. */
  readonly passing: readonly string[]
  /** Those that pass with the real net and cannot with AstraNet's, with the reason. */
  readonly failing: Readonly<Record<string, string>>
  /** Those that do not count, with the reason. */
  readonly notPortable: Readonly<Record<string, string>>
}

const LIST = resolve(import.meta.dirname, '../../../node-net-tests.json')
const PRELOAD = join(import.meta.dirname, 'preload.js')

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    real: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) process.stdout.write(HELP)
else process.exitCode = await main()

async function main(): Promise<number> {
  const folder = testFolder()
  if (folder === undefined) return 1
  const published = JSON.parse(readFileSync(LIST, 'utf8')) as Published
  const isSingle = positionals.length > 0
  const all = readdirSync(folder).filter((name) => /^test-net-.*\.m?js$/.test(name))
  const wanted = isSingle ? positionals : all.filter((name) => !(name in published.notPortable))
  const passed: string[] = []
  const failed: string[] = []
  for (const name of wanted) {
    const { hasPassed, output } = await runTest(join(folder, name), values.real ? undefined : PRELOAD)
    ;(hasPassed ? passed : failed).push(name)
    const reason = hasPassed ? '' : (published.failing[name] ?? '')
    process.stdout.write(
      `${hasPassed ? 'passed' : 'FAILED'}  ${name}${reason === '' ? '' : `  (${reason})`}\n`,
    )
    if (isSingle) process.stdout.write(`${output}\n`)
  }
  const skipped = Object.keys(published.notPortable).length
  process.stdout.write(`\n${passed.length} of ${wanted.length} passed; ${skipped} are not portable\n`)
  if (isSingle || values.real) return failed.length === 0 ? 0 : 1
  if (values.write) write(published, passed)
  return values.write ? 0 : compare(published, passed, all)
}

function testFolder(): string | undefined {
  const { NODE_TEST_DIR: checkout } = process.env
  const folder = resolve(checkout ?? '', 'test/parallel')
  if (checkout !== undefined && statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true)
    return folder
  process.stderr.write(
    `NODE_TEST_DIR must be a folder that has test/parallel, got ${checkout ?? 'nothing'}\n\n${HELP}`,
  )
  return undefined
}

function write(published: Published, passing: readonly string[]): void {
  writeFileSync(LIST, `${JSON.stringify({ ...published, passing }, undefined, 2)}\n`)
}

/** Says what differs from the published list. */
function compare(published: Published, passed: readonly string[], all: readonly string[]): number {
  const newly = passed.filter((name) => !published.passing.includes(name))
  const lost = published.passing.filter((name) => !passed.includes(name))
  const listed = [
    ...published.passing,
    ...Object.keys(published.failing),
    ...Object.keys(published.notPortable),
  ]
  const unknown = all.filter((name) => !listed.includes(name))
  const lines = [
    ...newly.map((name) => `passes and is not listed: ${name}`),
    ...lost.map((name) => `is listed and does not pass: ${name}`),
    ...unknown.map((name) => `is in no list: ${name}`),
  ]
  process.stdout.write(lines.length === 0 ? 'as published\n' : `${lines.join('\n')}\n`)
  return lines.length === 0 ? 0 : 1
}
