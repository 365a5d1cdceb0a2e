import { describe, expect, it } from 'vitest'
import { formatRatio, formatValue } from '../src/host/format.js'
import { plotOf } from '../src/host/plot.js'
import { median, Samples, type Report } from '../src/host/results.js'
import { tableOf } from '../src/host/table.js'
import { percentile } from '../src/works/percentile.js'
import { bulk } from '../src/works/bulk.js'

const metrics = bulk.metrics(bulk.sizes(1))

function reportOf(values: Record<string, number[]>, failures: Report['failures'] = []): Report {
  const samples = new Samples()
  for (const [peer, each] of Object.entries(values)) {
    for (const value of each) samples.add(peer, new Map([['throughput', value]]))
  }
  return {
    machine: { cpu: 'a <cpu>', cores: 2, memoryGiB: 24, system: 'Linux' },
    versions: { node: '20.20.2', astranet: 'abc' },
    scale: 1,
    windows: { tcp: "the system's" },
    runs: samples.results('bulk', 'default', metrics),
    failures,
    skipped: [],
    measuredOnce: [],
  }
}

describe('results', () => {
  it('take the median of the runs and its ratio to every other peer', () => {
    const { runs } = reportOf({ tcp: [200, 100, 300], 'mux-light': [400, 100] })
    expect(runs).toEqual([
      expect.objectContaining({ peer: 'tcp', values: [200, 100, 300], median: 200, unit: 'MiB/s' }),
      expect.objectContaining({ peer: 'mux-light', median: 250, ratioTo: { tcp: 1.25 } }),
    ])
  })

  it('leave a peer out that has no value', () => {
    const samples = new Samples()
    samples.add('tcp', new Map())
    samples.add('http2', new Map([['throughput', 1]]))
    const results = samples.results('bulk', 'default', metrics)
    expect(results.map(({ peer }) => peer)).toEqual(['http2'])
  })

  it('have the mean of the two in the middle as the median of an even number', () => {
    expect(median([4, 1, 3, 2])).toBe(2.5)
  })

  it('have percentiles by nearest rank', () => {
    const times = Float64Array.from({ length: 100 }, (_, i) => 100 - i)
    expect(percentile(times, 0.5)).toBe(50)
    expect(percentile(times, 0.99)).toBe(99)
    expect(percentile(Float64Array.of(7), 0.99)).toBe(7)
  })
})

describe('the table', () => {
  it('shows minimum and maximum, the ratio to the references, and which peers failed', () => {
    const failure = { work: 'bulk', peer: 'http2', malloc: 'default', run: 1, reason: 'it hangs' } as const
    const table = tableOf(reportOf({ tcp: [2000, 1000, 3000], core: [3000] }, [failure]))
    expect(table).toMatch(/throughput, MiB\/s │ tcp .* 2000 │ 1000 │ 3000/)
    expect(table).toMatch(/core .*1\.5 x/)
    expect(table).toContain('http2 failed in run 1: it hangs')
  })
})

describe('the plot', () => {
  it('is an SVG with a bar for each peer, for light and dark, that says where it was measured', () => {
    const svg = plotOf(bulk, 'tuned', reportOf({ tcp: [2000], 'mux-light': [4000] }))
    expect(svg).toMatch(/^<svg xmlns/)
    expect(svg).toContain('prefers-color-scheme: dark')
    expect(svg).toContain('class="ours"')
    expect(svg).toContain('class="other"')
    expect(svg).toContain('a &lt;cpu>')
    expect(svg).toContain('malloc tuned')
  })

  it('names the peers that failed', () => {
    const failure = { work: 'bulk', peer: 'go-smux', malloc: 'default', run: 2, reason: 'it hangs' } as const
    expect(plotOf(bulk, 'default', reportOf({ tcp: [1] }, [failure]))).toContain(
      'go-smux failed in run 2: it hangs',
    )
  })

  it('cuts a bar off that would hide all others', () => {
    const svg = plotOf(bulk, 'default', reportOf({ tcp: [10], http2: [20], core: [100_000] }))
    expect(svg).toContain('100k ...')
  })
})

describe('values', () => {
  it('are written with three digits', () => {
    expect([0.012345, 5, 123.4, 9_994, 12_345, 999_499, 1_234_567].map(formatValue)).toEqual([
      '0.0123',
      '5',
      '123',
      '9994',
      '12.3k',
      '999k',
      '1.23M',
    ])
    expect(formatRatio(1.2345)).toBe('1.23 x')
    expect(formatRatio(undefined)).toBe('')
  })
})
