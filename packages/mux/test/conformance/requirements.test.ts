import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const MUX = new URL('../../', import.meta.url)
const LEVEL = /^(none|(MUST|MUST NOT|SHOULD|SHOULD NOT|RECOMMENDED)(, (MUST|MUST NOT|SHOULD|SHOULD NOT))*)$/
/** How a row begins that names no test, and how much it has to say at least. */
const REASON = /^(Does not apply|Elsewhere|Decision|Not done): .{20,}$/
const CITATION = /^`([^`]+) › ([^`]+)`$/
/** What would leave tests of a file out without a word. */
const SKIPS = /\.(skip|only|todo|fails|skipIf|runIf)\b|\bx(it|describe|test)\(/

interface Row {
  readonly id: string
  readonly level: string
  readonly requirement: string
  readonly evidence: readonly string[]
}

/** The rows of all tables of a file. */
function rowsOf(name: string): Row[] {
  const lines = readFileSync(new URL(name, MUX), 'utf8').split('\n')
  return lines
    .filter((line) => line.startsWith('| ') && !line.startsWith('| id '))
    .map((line) => {
      const [id = '', level = '', requirement = '', evidence = '', ...rest] = line.slice(2, -2).split(' | ')
      expect([line, rest]).toEqual([line, []])
      return { id, level, requirement, evidence: evidence.split('<br>') }
    })
}

const texts = new Map<string, string | undefined>()

/** The text of a cited file; `undefined` when there is none. */
function textOf(file: string): string | undefined {
  if (!texts.has(file)) {
    const url = file.startsWith('frame/') ? new URL(`../${file}`, MUX) : new URL(`test/${file}`, MUX)
    texts.set(file, existsSync(url) ? readFileSync(url, 'utf8') : undefined)
  }
  return texts.get(file)
}

/** What is wrong with a citation; `undefined` when the test is there and runs. */
function faultOf(citation: string): string | undefined {
  const [, file = '', title = ''] = CITATION.exec(citation) ?? []
  const text = textOf(file)
  if (text === undefined) return `${citation}: no such file`
  if (file.endsWith('.json')) return hasVector(text, title) ? undefined : `${citation}: no such vector`
  if (SKIPS.test(text)) return `${citation}: the file skips tests`
  const found = text.split(`it('${title}',`).length - 1
  return found === 1 ? undefined : `${citation}: there are ${found} tests of that title`
}

function hasVector(text: string, name: string): boolean {
  const { vectors } = JSON.parse(text) as { vectors: { name?: string }[] }
  return vectors.filter((vector) => vector.name === name).length === 1
}

describe('CONFORMANCE.md', () => {
  const rows = rowsOf('CONFORMANCE.md')

  it('names each requirement once, with a level and in words', () => {
    const ids = rows.map(({ id }) => id)
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([])
    expect(
      ids.filter((id) => !/^(QMUX|RFC9000|RFC9221|RESET-AT|ABUSE)-\d[\d.]*(-\d+(\.\.\d+)?)?$/.test(id)),
    ).toEqual([])
    expect(rows.filter(({ id, level }) => !id.startsWith('ABUSE-') && !LEVEL.test(level))).toEqual([])
    expect(rows.filter(({ requirement }) => requirement.length < 12)).toEqual([])
  })

  it('shows each by tests that exist and run, or says why there is none', () => {
    const faults = rows.flatMap(({ id, evidence }) =>
      evidence.map((item) => {
        if (item.startsWith('`')) return faultOf(item)
        return evidence.length === 1 && REASON.test(item)
          ? undefined
          : `${id}: neither test nor reason: ${item}`
      }),
    )
    expect(faults.filter((fault) => fault !== undefined)).toEqual([])
  })

  it('leaves no number out within a section', () => {
    const sections = new Map<string, number[]>()
    for (const { id } of rows) {
      const [, section, from, to] = /^(.+)-(\d+)(?:\.\.(\d+))?$/.exec(id) ?? []
      if (section === undefined || /^RFC\d+$/.test(section)) continue
      const numbers = sections.get(section) ?? []
      sections.set(section, numbers)
      for (let i = Number(from); i <= Number(to ?? from); i++) numbers.push(i)
    }
    for (const [section, numbers] of sections) {
      expect([section, numbers]).toEqual([section, numbers.map((_, index) => index + 1)])
    }
  })

  it('is checked: a test that is missing, skipped or there twice is found', () => {
    expect(faultOf('`conformance/no-such.test.ts › anything`')).toContain('no such file')
    expect(faultOf('`conformance/streams.test.ts › nothing of the kind`')).toContain('0 tests')
    expect(faultOf('`frame/vectors/errors.json › nothing of the kind`')).toContain('no such vector')
    texts.set('made-up.test.ts', "it.skip('one', () => {})")
    expect(faultOf('`made-up.test.ts › one`')).toContain('skips')
    texts.set('made-up.test.ts', "it('one', () => {})\nit('one', () => {})")
    expect(faultOf('`made-up.test.ts › one`')).toContain('2 tests')
  })
})
