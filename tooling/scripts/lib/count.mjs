/**
 * @typedef {object} Count
 * @property {number} passed
 * @property {number} failed
 * @property {string[]} failures what has failed and why, a text for each; of several lines when the reason has
 */

/**
 * @typedef {object} TestResult
 * @property {string} status
 * @property {string} fullName
 * @property {string[]} [failureMessages]
 */

/**
 * @typedef {object} VitestReport the part of vitest's JSON report that counts
 * @property {number} numPassedTests
 * @property {{ status: string, name: string, message?: string, assertionResults: TestResult[] }[]} testResults one for
 *   each file
 */

/** Lines of a failure's reason that are shown. */
const REASON_LINES = 12

/**
 * Counts a test run. A file that could not be loaded counts as one failure, and so does a run that failed for any
 * reason that is not in its report, or has none.
 *
 * @param {VitestReport | undefined} report
 * @param {number} exitCode of vitest
 * @returns {Count}
 */
export function countVitestReport(report, exitCode) {
  if (report === undefined) return { passed: 0, failed: 1, failures: ['there is no report'] }
  const failures = report.testResults.flatMap(failuresOfFile)
  if (failures.length === 0 && exitCode !== 0)
    failures.push(`it ended with exit code ${exitCode}, though no test failed`)
  return { passed: report.numPassedTests, failed: failures.length, failures }
}

/**
 * @param {VitestReport['testResults'][number]} file
 * @returns {string[]}
 */
function failuresOfFile({ status, name, message, assertionResults }) {
  if (status === 'failed' && assertionResults.length === 0) return [failure(name, message)]
  return assertionResults
    .filter((test) => test.status === 'failed')
    .map(({ fullName, failureMessages }) => failure(`${name}: ${fullName}`, failureMessages?.join('\n')))
}

/**
 * @param {string} what
 * @param {string | undefined} reason
 */
function failure(what, reason) {
  const lines = (reason ?? '').split('\n').filter((line) => line.trim() !== '')
  return [what, ...lines.slice(0, REASON_LINES).map((line) => `  ${line}`)].join('\n')
}

/**
 * Counts the checks. One that the report does not name was not reached, so it failed.
 *
 * @param {Record<string, boolean> | undefined} report
 * @param {string[]} names of all checks
 * @returns {Count}
 */
export function countCheckReport(report, names) {
  const failed = names.filter((name) => report?.[name] !== true)
  const failures = failed.map((name) => `${name}${report?.[name] === false ? '' : ' (not reached)'}`)
  return { passed: names.length - failed.length, failed: failed.length, failures }
}
