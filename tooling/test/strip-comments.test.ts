import { expect, test } from 'vitest'
import { stripComments } from '../scripts/lib/strip-comments.mjs'

test('comments go, and code keeps its lines and columns', () => {
  const code = [
    '/** A doc comment',
    ' * of two lines. */',
    'export function one(a) {',
    '  // on a line of its own',
    '  return a // behind code',
    '}',
    '//# sourceMappingURL=one.js.map',
  ]
  expect(stripComments(code.join('\n')).split('\n')).toEqual([
    '',
    '',
    'export function one(a) {',
    '',
    '  return a',
    '}',
    '//# sourceMappingURL=one.js.map',
  ])
})

test('what only looks like a comment stays', () => {
  const code = [
    'const url = "http://x/*y*/" + \'//z\'',
    'const text = `// ${a /* gone */} /* stays */ ${b}// stays`',
    'const pattern = /[/*]\\/\\/ .*/',
    'const half = a / b / c',
    'const spaces = `two at the end  ',
    '`',
  ].join('\n')
  expect(stripComments(code)).toBe(code.replace('a /* gone */', 'a '))
})

test('nothing changes where there is no comment', () => {
  const code = 'const a = 1\nexport { a }\n'
  expect(stripComments(code)).toBe(code)
})
