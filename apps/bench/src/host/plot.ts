import type { Metric, WorkFacts } from '../work.js'
import { barsHeight, barsOf } from './bars.js'
import type { MallocName } from './malloc.js'
import type { Failure, Report, Result } from './results.js'

const WIDTH = 760
const MARGIN = 16
const TITLE_HEIGHT = 34
const LINE_HEIGHT = 16
/** Up to this many metrics are below each other; more are in this many columns. */
const COLUMNS = 3
/** Characters that fit on a line of small print. */
const LINE_CHARACTERS = 130

/**
 * Colors by class, so that the plot follows the reader's light or dark setting. The plot has its own background,
 * because the page around it may not follow that setting.
 */
const STYLE = `
  text { font-family: system-ui, sans-serif }
  .page { fill: #ffffff }
  .ink, .tick text { fill: #1f2328 }
  .soft { fill: #59636e }
  .ours { fill: #0969da }
  .other { fill: #afb8c1 }
  .range { stroke: #1f2328 }
  @media (prefers-color-scheme: dark) {
    .page { fill: #0d1117 }
    .ink, .tick text { fill: #e6edf3 }
    .soft { fill: #9198a1 }
    .ours { fill: #4493f8 }
    .other { fill: #57606a }
    .range { stroke: #e6edf3 }
  }
`

interface Panel {
  readonly metric: Metric
  readonly results: readonly Result[]
}

/** A bar for each peer's median, with a line from minimum to maximum, in a panel for each metric, as SVG. */
export function plotOf(work: WorkFacts, malloc: MallocName, report: Report): string {
  const rows = rowsOf(work, report)
  let y = TITLE_HEIGHT
  const parts: string[] = []
  for (const row of rows) {
    const width = (WIDTH - 2 * MARGIN) / row.length
    row.forEach(({ metric, results }, column) => {
      const bars = barsOf(metric, results, { width, hasNames: column === 0 })
      parts.push(`<g transform="translate(${MARGIN + column * width} ${y})">${bars}</g>`)
    })
    y += barsHeight(Math.max(...row.map(({ results }) => results.length)))
  }
  for (const line of smallPrint(malloc, report)) {
    y += LINE_HEIGHT
    parts.push(`<text class="soft" x="${MARGIN}" y="${y}" font-size="10">${escape(shortened(line))}</text>`)
  }
  const height = y + MARGIN
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img">`,
    `<title>${escape(work.title)}</title><style>${STYLE}</style>`,
    `<rect class="page" width="${WIDTH}" height="${height}" rx="6"/>`,
    `<text class="ink" x="${MARGIN}" y="24" font-size="15">${escape(work.title)}</text>`,
    ...parts,
    '</svg>\n',
  ].join('\n')
}

function rowsOf(work: WorkFacts, { runs, scale }: Report): Panel[][] {
  const panels = work
    .metrics(work.sizes(scale))
    .map((metric) => ({ metric, results: runs.filter((each) => each.metric === metric.name) }))
    .filter(({ results }) => results.length > 0)
  const columns = panels.length > COLUMNS ? COLUMNS : 1
  const rows: Panel[][] = []
  for (let i = 0; i < panels.length; i += columns) rows.push(panels.slice(i, i + columns))
  return rows
}

function smallPrint(malloc: MallocName, { machine, versions, runs, scale, failures }: Report): string[] {
  const { cpu, cores, memoryGiB, system } = machine
  const count = Math.max(0, ...runs.map(({ values }) => values.length))
  const trial = scale === 1 ? '' : ` Only a trial at scale ${scale}.`
  return [
    ...failures.map(failureText),
    `Median of ${count}, minimum to maximum; malloc ${malloc}.${trial}`,
    `${cores} x ${cpu}, ${memoryGiB} GiB, ${system}, Node ${versions.node}, AstraNet ${versions.astranet}.`,
  ]
}

function failureText({ peer, run, reason }: Failure): string {
  return `${peer} failed in run ${run}: ${reason}`
}

function shortened(line: string): string {
  return line.length <= LINE_CHARACTERS ? line : `${line.slice(0, LINE_CHARACTERS - 3)}...`
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
