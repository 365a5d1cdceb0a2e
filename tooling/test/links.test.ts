import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { checkLinks } from '../scripts/checks/links.mjs'
import { brokenLinks, readDocument } from '../scripts/lib/markdown-links.mjs'

/** Why the one link of `README.md` is broken; `undefined` when it is not. */
function fault(markdown: string, others: Record<string, string> = {}): string | undefined {
  const all = new Map(Object.entries({ 'README.md': markdown, ...others }))
  const documents = new Map([...all].filter(([path]) => path.endsWith('.md')))
  const { broken } = brokenLinks(documents, all.keys())
  expect(broken.length).toBeLessThan(2)
  return broken[0]?.why
}

const guide = { 'docs/guide.md': '# The guide\n\n## Why & how\n\n## Why & how\n\n<a id="old-name"></a>\n' }

test.each([
  'a file: [x](docs/guide.md)',
  'a file from the root: [x](/docs/guide.md)',
  'a file with a dot: [x](./docs/guide.md)',
  'a folder: [x](docs) ',
  'a folder with a slash: [x](docs/)',
  'a heading: [x](docs/guide.md#the-guide)',
  'a heading with signs: [x](docs/guide.md#why--how)',
  'the second one of a name: [x](docs/guide.md#why--how-1)',
  'an id in HTML: [x](docs/guide.md#old-name)',
  '# Here\n\na heading of its own: [x](#here)',
  '# `code` and *more*, ![alt](docs/guide.md)\n\n[x](#code-and-more-)',
  'a reference: [x][1]\n\n[1]: docs/guide.md',
  'elsewhere: [x](https://example.invalid/no) <https://example.invalid> [y](mailto:a@example.invalid)',
  'code: `[x](nowhere.md)`\n\n```md\n[x](nowhere.md)\n```',
])('%s leads somewhere', (markdown) => {
  expect(fault(markdown, guide)).toBe(undefined)
})

test.each([
  ['a file that is not there', '[x](docs/gide.md)', 'there is no file docs/gide.md'],
  ['a name in other letters', '[x](docs/Guide.md)', 'there is no file docs/Guide.md'],
  ['a heading that is not there', '[x](docs/guide.md#hwy)', 'docs/guide.md has no heading #hwy'],
  ['a heading of its own that is not there', '[x](#here)', 'README.md has no heading #here'],
  ['an image that is not there', '![x](picture.png)', 'there is no file picture.png'],
  ['a reference', '[x][1]\n\n[1]: nowhere.md', 'there is no file nowhere.md'],
  ['HTML', '<img src="nowhere.png">', 'there is no file nowhere.png'],
  ['a path out of the repository', '[x](../x.md)', 'it leads out of the repository'],
  ['an anchor in source', '[x](a.ts#x)', 'a.ts is not Markdown, so it has no anchors'],
  ['a bad escape', '[x](docs/%zz.md)', 'it has a "%" that begins no byte'],
])('%s is broken', (_, markdown, why) => {
  expect(fault(markdown, { ...guide, 'a.ts': '' })).toBe(why)
})

test('lines of source are anchors', () => {
  expect(fault('[x](a.ts#L1) [y](a.ts#L1-L3)', { 'a.ts': '' })).toBe(undefined)
})

test('a link in a table has the line of its row', () => {
  expect(readDocument('| a |\n| --- |\n| b |\n| [x](y.md) |\n').links).toEqual([{ url: 'y.md', line: 4 }])
})

test('the check prints file, line, link and reason, and fails', () => {
  const folder = mkdtempSync(join(tmpdir(), 'astranet-links-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const files = { 'README.md': '# A\n\n[good](docs/b.md#b)\n', 'docs/b.md': '# B\n\n[bad](../README.md#b)\n' }
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  const printed: string[] = []
  expect(checkLinks(folder, Object.keys(files), (line) => printed.push(line))).toBe(false)
  expect(printed).toEqual(['docs/b.md:3: broken link "../README.md#b": README.md has no heading #b'])
})
