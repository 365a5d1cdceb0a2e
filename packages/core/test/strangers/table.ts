import type { StrangerKind } from './first-bytes.js'
import type { FloodReport } from './flood.js'
import type { Sample } from './node-process.js'

/** The columns. Heap and resident memory in MiB: after a quarter of the flood, at its end, and after it. */
export const HEAD: string[] = [
  'strangers',
  'addresses',
  'begun/s',
  'connected/s',
  'resident MiB',
  'heap MiB',
  'most descriptors',
  'left',
  'CPU %',
  'joins',
  'first try %',
  'two tries %',
  'p50 ms',
  'most ms',
  'errors of joins',
]

/** A flood as one row of the table. */
export function rowOf(what: { kind: StrangerKind; addresses: number }, report: FloodReport): string[] {
  const { counts, seconds, samples, joins, after } = report
  const [before] = samples
  const quarter = samples[Math.ceil(samples.length / 4)]
  const end = samples.at(-1)
  const three = (read: (sample: Sample) => number): string =>
    [quarter, end, after].map((sample) => (sample === undefined ? '' : mebibytes(read(sample)))).join(' ')
  const times = joins.map(({ ms }) => ms).sort((one, other) => one - other)
  const share = (tries: number): string =>
    ((100 * joins.filter((join) => (join.tries ?? Infinity) <= tries).length) / joins.length).toFixed(1)
  return [
    what.kind,
    String(what.addresses),
    (counts.begun / seconds).toFixed(0),
    (counts.connected / seconds).toFixed(0),
    three(({ residentBytes }) => residentBytes),
    three(({ heapBytes }) => heapBytes),
    String(Math.max(...samples.map(({ descriptors }) => descriptors))),
    String(after.descriptors - (before?.descriptors ?? 0)),
    (((end?.cpuMs ?? 0) - (before?.cpuMs ?? 0)) / (10 * seconds)).toFixed(0),
    String(joins.length),
    share(1),
    share(2),
    (times[Math.floor(times.length / 2)] ?? 0).toFixed(0),
    (times.at(-1) ?? 0).toFixed(0),
    joins.flatMap(({ errors }) => errors).join(' '),
  ]
}

/** Rows with their columns under each other. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const lines = rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '))
  return `${lines.join('\n')}\n`
}

function mebibytes(bytes: number): string {
  return (bytes / 1_048_576).toFixed(0)
}
