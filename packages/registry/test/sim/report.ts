import type { SimResult } from './simulate.js'

/** What is reported of a run: one number for each measurement, or many. */
const ROWS: readonly (readonly [name: string, values: (result: SimResult) => readonly number[]])[] = [
  ['propagation, ms', (result) => result.propagationMs],
  [
    'logs sent per change and node',
    (result) => result.deltas.map((each) => each / result.plan.shape.nodes.length),
  ],
  [
    'messages per change and node',
    (result) => result.messages.map((each) => each / result.plan.shape.nodes.length),
  ],
  [
    'the same at ten changes a second',
    ({ busyMessages, plan }) => (busyMessages === undefined ? [] : [busyMessages / plan.shape.nodes.length]),
  ],
  [
    'bytes per change and node',
    (result) => result.bytes.map((each) => each / result.plan.shape.nodes.length),
  ],
  ['bytes per link and second at rest', (result) => [result.steadyBytes]],
  ['agreed after all was mended, ms', (result) => [result.agreedMs]],
  ['agreed after a split healed, ms', (result) => [result.healedMs]],
  ['crashed node gone after notice, ms', (result) => [result.crashedMs]],
  ['leaving node gone, ms', (result) => [result.leftMs]],
]

/** What many runs measured, as a table. */
export class Report {
  seeds = 0
  readonly #startedAt = performance.now()
  #virtualMs = 0
  readonly #values = ROWS.map((): number[] => [])

  add(result: SimResult): void {
    this.seeds++
    this.#virtualMs += result.virtualMs
    ROWS.forEach(([, values], row) => {
      for (const value of values(result)) this.#values[row]?.push(value)
    })
  }

  /** A line for each measurement: median, 99 %, largest. */
  table(): string {
    const lines = ROWS.map(([name], row) => {
      const sorted = [...(this.#values[row] ?? [])].sort((a, b) => a - b)
      return `${name.padEnd(36)}${[0.5, 0.99, 1].map((share) => cell(quantile(sorted, share))).join('')}\n`
    })
    const head = `${''.padEnd(36)}${['p50', 'p99', 'max'].map((each) => each.padStart(10)).join('')}\n`
    const hours = (this.#virtualMs / 3_600_000).toFixed(1)
    const seconds = ((performance.now() - this.#startedAt) / 1_000).toFixed(1)
    const rss = Math.round(process.memoryUsage.rss() / 1_048_576)
    return `${head}${lines.join('')}${hours} hours of virtual time in ${seconds} s, ${rss} MiB resident\n`
  }
}

function quantile(sorted: readonly number[], share: number): number | undefined {
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)]
}

function cell(value: number | undefined): string {
  if (value === undefined) return '-'.padStart(10)
  return (value >= 100 ? value.toFixed(0) : value.toFixed(2)).padStart(10)
}
