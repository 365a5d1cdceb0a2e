import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { packagesIn, root } from '../scripts/lib/workspace.mjs'

const document = readFileSync(join(root, 'docs/DIAGNOSTICS.md'), 'utf8')

/** What the source files of the packages have. */
const sources = packagesIn('packages').flatMap(({ path }) =>
  readdirSync(join(path, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(join(path, 'src', file), 'utf8')),
)

/** The channels of the source, with the message that the comment above each one shows. */
function channelsInSource(): Map<string, string> {
  const channels = new Map<string, string>()
  for (const source of sources) {
    for (const [, comment = '', name = ''] of source.matchAll(
      /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\nconst \w+ = '(astranet:[a-z]+:[a-z]+)'/g,
    ))
      channels.set(name, /`(\{[^`]*\})`/.exec(comment.replace(/\n \* /g, ' '))?.[1] ?? '')
  }
  return channels
}

/** The channels of the table, likewise. */
function channelsInDocument(): Map<string, string> {
  const rows = document.matchAll(/^\| `(astranet:[a-z:]+)`\s*\| `(\{[^`]*\})`\s*\| \S.*\|$/gm)
  return new Map(Array.from(rows, ([, name = '', message = '']) => [name, message]))
}

test('docs/DIAGNOSTICS.md has each channel of the packages with its message, and no other', () => {
  expect(Object.fromEntries(channelsInDocument())).toEqual(Object.fromEntries(channelsInSource()))
})

test('each channel is a constant with a comment that shows its message', () => {
  const channels = channelsInSource()
  expect(channels.size).toBeGreaterThan(20)
  expect([...channels].filter(([, message]) => message === '')).toEqual([])
  const used = sources.flatMap((source) => {
    const code = source.replace(/\/\*\*[\s\S]*?\*\/|\/\/.*/g, '')
    return Array.from(code.matchAll(/'(astranet:[a-z]+:[a-z]+)'/g), ([, name = '']) => name)
  })
  expect([...new Set(used)].filter((name) => !channels.has(name))).toEqual([])
})
