/** @typedef {{ passed: number, failed: number }} Count */

/**
 * @typedef {object} VitestReport the part of vitest's JSON report that counts
 * @property {number} numPassedTests
 * @property {number} numFailedTests
 * @property {{ status: string, assertionResults: unknown[] }[]} testResults one for each file
 */

/**
 * Counts a test run. A file that could not be loaded counts as one failure, and so does a run that failed for any
 * reason that is not in its report, or has none.
 *
 * @param {VitestReport | undefined} report
 * @param {number} exitCode of vitest
 * @returns {Count}
 */
export function countVitestReport(report, exitCode) {
  if (report === undefined) return { passed: 0, failed: 1 }
  const unloaded = report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  )
  const failed = report.numFailedTests + unloaded.length
  return { passed: report.numPassedTests, failed: failed === 0 && exitCode !== 0 ? 1 : failed }
}

/**
 * Counts the checks. One that the report does not name was not reached, so it failed.
 *
 * @param {Record<string, boolean> | undefined} report
 * @param {string[]} names of all checks
 * @returns {Count}
 */
export function countCheckReport(report, names) {
  const passed = names.filter((name) => report?.[name] === true).length
  return { passed, failed: names.length - passed }
}
