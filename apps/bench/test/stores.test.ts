import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Report } from '../src/host/results.js'
import { entriesOf, INSTANCES_PER_NAME, type Entry } from '../src/stores/entries.js'
import { stores } from '../src/stores/index.js'
import { storeWorks } from '../src/stores/works/index.js'

const execute = promisify(execFile)
const root = fileURLToPath(new URL('../../..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'astranet-bench-test-'))
/** The smallest sizes. */
const SCALE = 0.001

beforeAll(async () => {
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  await execute(process.execPath, [tsc, '-b', 'tsconfig.build.json'], { cwd: join(root, 'apps/bench') })
}, 120_000)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The reason is part of the test's name, where a store is not installed. */
const cases = stores.flatMap((store) => {
  const missing = store.missing?.()
  const works = storeWorks.filter(({ name }) => store.works?.includes(name) ?? true)
  return works.map((work) => ({ store, work, missing, name: `${work.name} of ${store.name}` }))
})

describe('the works on catalogues of services', () => {
  for (const { store, work, missing, name } of cases) {
    const outcome = missing === undefined ? 'is measured' : `is left out: ${missing}`
    it(`${name} ${outcome}`, { timeout: 120_000 }, async () => {
      const json = join(folder, `${work.name}-${store.name}.json`)
      const temporary = join(folder, `${work.name}-${store.name}`)
      mkdirSync(temporary)
      const what = ['--only', work.name, '--peers', store.name, '--runs', '1', '--scale', String(SCALE)]
      const { stderr } = await execute(process.execPath, ['dist/main.js', ...what, '--json', json], {
        cwd: join(root, 'apps/bench'),
        env: { ...process.env, TMPDIR: temporary },
      })
      const report = JSON.parse(readFileSync(json, 'utf8')) as Report
      expect(report.failures).toEqual([])
      if (missing !== undefined) {
        expect(report.skipped).toEqual([{ peer: store.name, reason: missing }])
        expect(stderr).toContain(`left out: ${store.name}: ${missing}`)
        return
      }
      const metrics = work.metrics(work.sizes(SCALE)).map((metric) => metric.name)
      expect(report.runs.length).toBeGreaterThanOrEqual(3)
      for (const { metric, median } of report.runs) {
        expect(metrics).toContain(metric)
        expect(median).toBeTypeOf('number')
      }
      // The server is gone, and its folder with it.
      expect(readdirSync(temporary)).toEqual([])
    })
  }
})

describe('the entries of a catalogue', () => {
  it('have the same number of instances of each name, on different nodes', () => {
    const nodes = 40
    const entries = [...entriesOf({ nodes, services: nodes * INSTANCES_PER_NAME })]
    const ofName = new Map<string, Entry[]>()
    for (const entry of entries) ofName.set(entry.name, [...(ofName.get(entry.name) ?? []), entry])
    expect(ofName.size).toBe(nodes)
    for (const instances of ofName.values()) {
      expect(new Set(instances.map(({ node }) => node)).size).toBe(INSTANCES_PER_NAME)
      expect(instances).toHaveLength(INSTANCES_PER_NAME)
    }
  })
})
