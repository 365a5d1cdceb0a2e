import { expect, test } from 'vitest'
import { countCheckReport, countVitestReport } from '../scripts/lib/count.mjs'

const passed = { status: 'passed', fullName: 'adds' }
const file = { status: 'passed', name: 'a.test.ts', assertionResults: [passed] }
const report = { numPassedTests: 5, testResults: [file] }

test('tests count as the report says, and those that failed are named with their reason', () => {
  const failed = {
    status: 'failed',
    fullName: 'subtracts',
    failureMessages: ['expected 1\n\n  at a.test.ts:3'],
  }
  const testResults = [
    file,
    { ...file, name: 'b.test.ts', status: 'failed', assertionResults: [passed, failed] },
  ]
  expect(countVitestReport({ ...report, testResults }, 1)).toEqual({
    passed: 5,
    failed: 1,
    failures: ['b.test.ts: subtracts\n  expected 1\n    at a.test.ts:3'],
  })
})

test('a long reason is cut', () => {
  const failureMessages = [Array.from({ length: 100 }, (_, line) => `line ${line}`).join('\n')]
  const failed = { status: 'failed', fullName: 'subtracts', failureMessages }
  const testResults = [{ ...file, status: 'failed', assertionResults: [failed] }]
  const { failures } = countVitestReport({ ...report, testResults }, 1)
  expect(failures[0]?.split('\n')).toHaveLength(13)
})

test('a file that could not be loaded is a failure', () => {
  const unloaded = { status: 'failed', name: 'b.test.ts', message: 'no such module', assertionResults: [] }
  expect(countVitestReport({ ...report, testResults: [file, unloaded] }, 1)).toEqual({
    passed: 5,
    failed: 1,
    failures: ['b.test.ts\n  no such module'],
  })
})

test('a run that failed outside its tests is a failure', () => {
  expect(countVitestReport(report, 1)).toEqual({
    passed: 5,
    failed: 1,
    failures: ['it ended with exit code 1, though no test failed'],
  })
})

test('a run without a report is a failure', () => {
  expect(countVitestReport(undefined, 0)).toEqual({ passed: 0, failed: 1, failures: ['there is no report'] })
})

test('a check that was not reached is a failure', () => {
  expect(countCheckReport({ lint: true, types: false }, ['lint', 'types', 'layers'])).toEqual({
    passed: 1,
    failed: 2,
    failures: ['types', 'layers (not reached)'],
  })
  expect(countCheckReport(undefined, ['lint'])).toEqual({
    passed: 0,
    failed: 1,
    failures: ['lint (not reached)'],
  })
})
