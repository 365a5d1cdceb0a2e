import { readFileSync } from 'node:fs'
import { AstraError } from '@astranet/interface'
import { Ajv } from 'ajv'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parsePolicy } from '../src/file/index.js'
import { globMatches } from './support/naive.js'
import { lists } from './support/arbitraries.js'

interface Document {
  readonly roles?: Readonly<Record<string, unknown>>
  readonly rules: readonly { readonly name: string; readonly peers?: unknown; readonly to?: unknown }[]
}

const schema = JSON.parse(readFileSync(new URL('../policy.schema.json', import.meta.url), 'utf8')) as object
const isValid = new Ajv({ allErrors: false, strict: true, strictRequired: false }).compile(schema)

/** Whether `document` is a policy by the schema, and by what the schema says that it cannot check. */
function isPolicyBySchema(document: unknown): boolean {
  if (!isValid(document)) return false
  const { rules, roles = {} } = document as Document
  if (new Set(rules.map(({ name }) => name)).size < rules.length) return false
  const patterns = rules.flatMap(({ peers, to }) => [peers, to].flat()) as (string | undefined)[]
  return patterns
    .filter((pattern) => pattern?.startsWith('role:'))
    .every((pattern = '') => Object.keys(roles).some((role) => globMatches(pattern.slice(5), role)))
}

/** Whether the checker takes `document`. A document that it does not take must be a fault, not a crash. */
function isPolicyByChecker(document: unknown): boolean {
  try {
    parsePolicy(JSON.stringify(document), 'policy.json')
    return true
  } catch (error) {
    expect(error).toBeInstanceOf(AstraError)
    expect(error).toMatchObject({ code: 'ASTRA_ERR_POLICY' })
    expect((error as Error).message).toMatch(/^policy\.json:\d+:\d+: /)
    return false
  }
}

/** Values that may stand anywhere in a document, right in some places and wrong in others. */
const values = fc.oneof(
  fc.constantFrom(
    'allow',
    'deny',
    'link',
    'dial',
    'offer',
    'forward',
    'role:admin',
    'role:*',
    'role:nobody',
    '*',
  ),
  fc.constantFrom(
    'naaaaaaaaaaaab',
    'nzaaaaaaaaaaab',
    'naaa*',
    'naaaaaaaaaaaaaaaa*',
    'n*',
    'na',
    'NAAAAAAAAAAAAB',
  ),
  fc.constantFrom(
    'A'.repeat(43),
    'B'.repeat(43),
    `key:${'A'.repeat(43)}`,
    'key:*A',
    'key:A',
    `key:*${'A'.repeat(44)}`,
  ),
  fc.constantFrom(
    'web',
    'a/b',
    '/b',
    'a/',
    'a/b/c',
    'a//c',
    '//c',
    'a/*/c/',
    'a b',
    'a:b',
    'é',
    '😀',
    '\ud83d',
    '\u2028',
    '\u0085',
    '',
  ),
  fc.constantFrom(
    'x'.repeat(64),
    'x'.repeat(65),
    '😀'.repeat(64),
    '😀'.repeat(511),
    '😀'.repeat(512),
    '*'.repeat(80),
  ),
  fc.constantFrom(
    `n${'*'.repeat(63)}`,
    `n${'*'.repeat(64)}`,
    `key:${'*'.repeat(64)}`,
    `key:${'*'.repeat(65)}`,
  ),
  fc.constantFrom(['dial', 'offer'], ['dial', 'dial'], ['link'], [], ['web'], [['web']], ['*', 1]),
  fc.constantFrom(null, true, 0, 1.5, {}, { rules: [] }),
  fc.string({ unit: 'grapheme', maxLength: 6 }),
)
const keys = fc.constantFrom(
  'name',
  'action',
  'peers',
  'to',
  'services',
  'effect',
  'rules',
  'roles',
  'default',
  '$schema',
  '__proto__',
  'constructor',
  'admin',
  'a b',
)

/** Where to change a document: how many levels to go down at which members. */
const changes = fc.array(
  fc.record({
    way: fc.array(fc.nat(40), { maxLength: 4 }),
    key: keys,
    value: values,
    kind: fc.constantFrom('replace', 'add', 'remove'),
  }),
  { minLength: 1, maxLength: 3 },
)
type Change = typeof changes extends fc.Arbitrary<(infer Each)[]> ? Each : never

function changed(document: unknown, { way, key, value, kind }: Change): unknown {
  const copy = structuredCopy(document)
  let at: unknown = copy
  for (const [depth, step] of way.entries()) {
    if (typeof at !== 'object' || at === null) break
    const names = Object.keys(at)
    const name = names[step % Math.max(1, names.length)]
    const members = at as Record<string, unknown>
    const next = name === undefined ? undefined : members[name]
    const isDeeper = depth < way.length - 1 && typeof next === 'object' && next !== null
    if (isDeeper) at = next
    else {
      change(members, { name: kind === 'add' ? key : name, value, kind })
      break
    }
  }
  return copy
}

function change(
  members: Record<string, unknown>,
  { name, value, kind }: { name: string | undefined; value: unknown; kind: string },
): void {
  if (name === undefined) return
  if (Array.isArray(members)) {
    if (kind === 'remove') members.splice(Number(name), 1)
    else if (kind === 'add') members.push(value)
    else members[Number(name)] = value
  } else if (kind === 'remove') delete members[name]
  else Object.defineProperty(members, name, { value, enumerable: true, configurable: true, writable: true })
}

function structuredCopy(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value))
}

test('every list that the generator makes is a policy by schema and checker', () => {
  const property = fc.property(lists, (list) => {
    expect([isPolicyBySchema(structuredCopy(list)), isPolicyByChecker(list)]).toEqual([true, true])
  })
  fc.assert(property, { numRuns: 300 })
})

test('schema and checker agree about documents with changes anywhere', () => {
  const seen = { yes: 0, no: 0 }
  const property = fc.property(lists, changes, (list, all) => {
    const document = all.reduce<unknown>(changed, list)
    const isPolicy = isPolicyBySchema(document)
    seen[isPolicy ? 'yes' : 'no']++
    expect(isPolicyByChecker(document), JSON.stringify(document)).toBe(isPolicy)
  })
  fc.assert(property, { numRuns: 4_000 })
  expect(Math.min(seen.yes, seen.no)).toBeGreaterThan(400)
})

test('schema and checker agree about each value at each key of a rule', () => {
  const property = fc.property(
    fc.record({ name: values, action: values, effect: values }),
    fc.dictionary(keys, values, { maxKeys: 2 }),
    values,
    (required, others, member) => {
      const rule = { ...required, ...others, name: 'name', effect: 'allow' }
      for (const each of [
        rule,
        { ...rule, ...required },
        { name: 'x', action: 'dial', effect: 'deny', ...others },
      ]) {
        const document = { roles: { admin: [], members: [member] }, rules: [structuredCopy(each)] }
        expect(isPolicyByChecker(document), JSON.stringify(document)).toBe(isPolicyBySchema(document))
      }
      const patterns = [required.name, required.action]
      for (const services of [required.name, patterns]) {
        const document = { rules: [{ name: 'x', action: 'dial', effect: 'deny', services }] }
        expect(isPolicyByChecker(document), JSON.stringify(document)).toBe(isPolicyBySchema(document))
      }
      for (const peers of [required.name, patterns]) {
        const document = {
          roles: { admin: [] },
          rules: [{ name: 'x', action: 'link', effect: 'deny', peers }],
        }
        expect(isPolicyByChecker(document), JSON.stringify(document)).toBe(isPolicyBySchema(document))
      }
    },
  )
  fc.assert(property, { numRuns: 3_000 })
})

test.each([
  ['rules', 1_024, (count: number) => ({ rules: rules(count) })],
  ['roles', 256, (count: number) => ({ rules: [], roles: namedRoles(count) })],
  ['members', 1_024, (count: number) => ({ rules: [], roles: { a: Array(count).fill('naaaaaaaaaaaab') } })],
  [
    'patterns in a list',
    256,
    (count: number) => ({ rules: [{ ...rules(1)[0], peers: Array(count).fill('*') }] }),
  ],
])('schema and checker take the same number of %s', (_, most, make) => {
  for (const document of [make(most), make(most + 1)]) {
    expect(isPolicyByChecker(document)).toBe(isPolicyBySchema(document))
  }
  expect(isPolicyByChecker(make(most))).toBe(true)
  expect(isPolicyByChecker(make(most + 1))).toBe(false)
})

function rules(count: number): { name: string; action: string; effect: string }[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `rule ${index}`,
    action: 'link',
    effect: 'allow',
  }))
}

function namedRoles(count: number): Record<string, string[]> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`role-${index}`, []]))
}
