import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { MAX_CAUSE_UNITS } from '../src/functions/cause-text.js'
import { MAX_RULE_TEXT_UNITS } from '../src/functions/verdict-of.js'
import { MAX_DEPTH } from '../src/file/parse-yaml.js'
import {
  MAX_COMPARED_NAME_UNITS,
  MAX_MEMBERS_PER_ROLE,
  MAX_PATTERNS,
  MAX_PATTERNS_PER_LIST,
  MAX_PATTERN_CHARACTERS,
  MAX_POLICY_BYTES,
  MAX_ROLES,
  MAX_RULES,
} from '../src/proto/limits.js'
import { ROLE, RULE_NAME } from '../src/proto/patterns/shapes.js'
import { MAX_ID_GLOB_CHARACTERS } from '../src/proto/patterns/peer-pattern.js'

const [limits, readme] = ['../../../docs/LIMITS.md', '../README.md'].map((path) =>
  readFileSync(new URL(path, import.meta.url), 'utf8'),
) as [string, string]
const number = (value: number): string => value.toLocaleString('en-US')

test.each([
  ['docs/LIMITS.md', limits, `| rules in a list | ${number(MAX_RULES)} |`],
  [
    'docs/LIMITS.md',
    limits,
    `\`services\` | ${MAX_PATTERNS_PER_LIST}; ${number(MAX_PATTERNS)} in a whole list`,
  ],
  [
    'docs/LIMITS.md',
    limits,
    `| pattern | ${MAX_PATTERN_CHARACTERS} characters for services; ${MAX_ID_GLOB_CHARACTERS} for stars`,
  ],
  [
    'docs/LIMITS.md',
    limits,
    `| roles in a list | ${MAX_ROLES}, with ${number(MAX_MEMBERS_PER_ROLE)} members each |`,
  ],
  ['docs/LIMITS.md', limits, `| name of a rule or role | 64 characters |`],
  [
    'docs/LIMITS.md',
    limits,
    `| text or file of a policy | ${number(MAX_POLICY_BYTES)} bytes, ${MAX_DEPTH} levels |`,
  ],
  ['docs/LIMITS.md', limits, `is asked about | ${MAX_COMPARED_NAME_UNITS} characters |`],
  ['docs/LIMITS.md', limits, `that a function gives | ${MAX_RULE_TEXT_UNITS} characters |`],
  [
    'docs/LIMITS.md',
    limits,
    `a function throws, in an explanation or warning | ${MAX_CAUSE_UNITS} characters |`,
  ],
  [
    'README.md',
    readme,
    `in all | ${number(MAX_RULES)}; ${MAX_PATTERNS_PER_LIST}, and ${number(MAX_PATTERNS)} |`,
  ],
  ['README.md', readme, `| roles, and members of each | ${MAX_ROLES}, and ${number(MAX_MEMBERS_PER_ROLE)} |`],
  ['README.md', readme, `| pattern of services | ${MAX_PATTERN_CHARACTERS} characters |`],
  ['README.md', readme, `from a peer | ${MAX_COMPARED_NAME_UNITS} characters;`],
  ['README.md', readme, `| file | ${number(MAX_POLICY_BYTES)} bytes |`],
])('%s gives a number as the source has it', (_, document, text) => {
  expect(document).toContain(text)
})

test('a name of a rule or role has at most 64 characters', () => {
  for (const shape of [ROLE, RULE_NAME]) {
    expect(shape.test('x'.repeat(64))).toBe(true)
    expect(shape.test('x'.repeat(65))).toBe(false)
    expect(shape.test('')).toBe(false)
  }
})
