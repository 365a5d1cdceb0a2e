import { expect, test } from 'vitest'
import { countCheckReport, countVitestReport } from '../scripts/lib/count.mjs'

const file = { status: 'passed', assertionResults: [{}] }

test('tests count as the report says', () => {
  const report = { numPassedTests: 5, numFailedTests: 2, testResults: [file, { ...file, status: 'failed' }] }
  expect(countVitestReport(report, 1)).toEqual({ passed: 5, failed: 2 })
})

test('a file that could not be loaded is a failure', () => {
  const report = {
    numPassedTests: 5,
    numFailedTests: 0,
    testResults: [file, { status: 'failed', assertionResults: [] }],
  }
  expect(countVitestReport(report, 1)).toEqual({ passed: 5, failed: 1 })
})

test('a run that failed outside its tests is a failure', () => {
  expect(countVitestReport({ numPassedTests: 5, numFailedTests: 0, testResults: [file] }, 1)).toEqual({
    passed: 5,
    failed: 1,
  })
})

test('a run without a report is a failure', () => {
  expect(countVitestReport(undefined, 0)).toEqual({ passed: 0, failed: 1 })
})

test('a check that was not reached is a failure', () => {
  expect(countCheckReport({ lint: true, types: false }, ['lint', 'types', 'layers'])).toEqual({
    passed: 1,
    failed: 2,
  })
  expect(countCheckReport(undefined, ['lint'])).toEqual({ passed: 0, failed: 1 })
})
