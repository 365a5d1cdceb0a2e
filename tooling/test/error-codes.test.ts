import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { codesInDocument, codesInPackages, codesInSource } from '../scripts/lib/error-codes.mjs'
import { root } from '../scripts/lib/workspace.mjs'

const documented = codesInDocument(readFileSync(join(root, 'docs/ERRORS.md'), 'utf8'))

test('docs/ERRORS.md lists every code that the packages make', () => {
  const codes = new Set(documented.map(({ code }) => code))
  expect([...codesInPackages()].filter(([code]) => !codes.has(code))).toEqual([])
})

test('docs/ERRORS.md lists no code that no package makes', () => {
  const codes = codesInPackages()
  expect(documented.filter(({ code }) => !codes.has(code))).toEqual([])
})

test('docs/ERRORS.md lists each code once, with a cause and a cure', () => {
  expect(new Set(documented.map(({ code }) => code)).size).toBe(documented.length)
  expect(documented.filter(({ cause, cure }) => cause === '' || cure === '')).toEqual([])
})

test('every code is written out where it is made, so that it can be searched for', () => {
  expect([...codesInPackages()].filter(([code]) => code.endsWith('_'))).toEqual([])
  expect(codesInSource('new AstraError(`ASTRA_ERR_X_${kind}`)')).toEqual(['ASTRA_ERR_X_'])
})

test('codes are found however the error is made', () => {
  const source =
    "throw new AstraError(\n  'ASTRA_ERR_X1', `x`)\nconst code = late ? 'ETIMEDOUT' : 'EPIPE' // 'end'\n"
  expect(codesInSource(source)).toEqual(['ASTRA_ERR_X1', 'ETIMEDOUT', 'EPIPE'])
})

test('a code that is only compared with is nothing that is made', () => {
  expect(codesInSource("if (code === 'ENOENT' || code !== 'EPERM') return 'EPIPE'")).toEqual(['EPIPE'])
})

test('a row of the document is read whatever its padding', () => {
  expect(codesInDocument('| code | cause | cure |\n| --- | --- | --- |\n| `EPIPE`   | a b |c|\n')).toEqual([
    { code: 'EPIPE', cause: 'a b', cure: 'c' },
  ])
})
