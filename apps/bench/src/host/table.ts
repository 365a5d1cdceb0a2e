import Table from 'cli-table3'
import { formatRatio, formatValue } from './format.js'
import type { Report } from './results.js'

/** Peers with which the others are compared, if they are in the same work. */
const REFERENCES = ['tcp', 'tcp-per-stream', 'http2', 'http2-1mib']

/** The results of one work and malloc setting as a table. */
export function tableOf({ runs, windows, failures, measuredOnce }: Report): string {
  const references = REFERENCES.filter((name) => runs.some(({ peer }) => peer === name))
  const table = new Table({
    head: ['', 'peer', 'median', 'min', 'max', ...references.map((name) => `to ${name}`), 'windows'],
    style: { head: [], border: [], compact: true },
    colAligns: ['left', 'left', 'right', 'right', 'right', ...references.map(() => 'right' as const)],
  })
  let lastMetric = ''
  for (const { metric, unit, peer, values, median, ratioTo } of runs) {
    if (lastMetric !== '' && metric !== lastMetric)
      table.push([{ colSpan: references.length + 6, content: '' }])
    table.push([
      metric === lastMetric ? '' : `${metric}, ${unit}`,
      peer,
      formatValue(median),
      formatValue(Math.min(...values)),
      formatValue(Math.max(...values)),
      ...references.map((name) => formatRatio(ratioTo[name])),
      windows[peer] ?? '',
    ])
    lastMetric = metric
  }
  const failed = failures.map(({ peer, run, reason }) => `${peer} failed in run ${run}: ${reason}\n`)
  const slow = measuredOnce.map(({ peer }) => peer).join(', ')
  const once = slow === '' ? '' : `measured once, for it takes long: ${slow}\n`
  return `${table.toString()}\n${once}${failed.join('')}`
}
