import * as Plot from '@observablehq/plot'
import { parseHTML } from 'linkedom'
import type { Metric } from '../work.js'
import { formatValue } from './format.js'
import type { Result } from './results.js'

const BAR_HEIGHT = 20
const LABEL_HEIGHT = 30
const NAME_WIDTH = 116
/** Space after the longest bar for its value, in pixels. */
const VALUE_WIDTH = 44

/** A bar that is longer than the next one by this factor is cut off at {@link CUT} times the next one. */
const OUTLIER = 4
const CUT = 1.5

interface Bar {
  readonly peer: string
  readonly median: number
  readonly min: number
  readonly max: number
}

/** Height of the bars for a number of peers, in pixels. */
export function barsHeight(peers: number): number {
  return LABEL_HEIGHT + peers * BAR_HEIGHT
}

/** One metric as horizontal bars, as SVG. AstraNet's bars have the class `ours`, all others `other`. */
export function barsOf(
  metric: Metric,
  results: readonly Result[],
  { width, hasNames }: { width: number; hasNames: boolean },
): string {
  const bars = results.map(({ peer, median, values }): Bar => {
    return { peer, median, min: Math.min(...values), max: Math.max(...values) }
  })
  const end = endOfAxis(bars.map(({ max }) => max))
  const marginLeft = hasNames ? NAME_WIDTH : 0
  const { document } = parseHTML('<html><body></body></html>')
  const plot = Plot.plot({
    document: document as unknown as Document,
    width,
    height: barsHeight(bars.length),
    marginTop: LABEL_HEIGHT,
    marginBottom: 0,
    marginLeft,
    marginRight: VALUE_WIDTH,
    x: { axis: null, domain: [0, end], clamp: true },
    y: { label: null, domain: bars.map(({ peer }) => peer), padding: 0.25, axis: null },
    marks: [
      Plot.barX(bars.filter(isOurs), { x: 'median', y: 'peer', className: 'ours' }),
      Plot.barX(
        bars.filter((bar) => !isOurs(bar)),
        { x: 'median', y: 'peer', className: 'other' },
      ),
      Plot.ruleY(bars, { x1: 'min', x2: 'max', y: 'peer', className: 'range', strokeWidth: 1.5 }),
      Plot.text(bars, {
        x: 'max',
        y: 'peer',
        text: ({ median, max }: Bar) => `${formatValue(median)}${max > end ? ' ...' : ''}`,
        textAnchor: 'start',
        dx: 5,
        className: 'ink',
      }),
      ...(hasNames ? [Plot.axisY({ tickSize: 0, fontSize: 11, className: 'ink' })] : []),
    ],
  })
  const better = metric.isHigherBetter ? 'more is better' : 'less is better'
  const label = `${metric.name}, ${metric.unit}: ${better}`
  return `${withoutStyle(plot.outerHTML)}<text class="soft" x="0" y="20" font-size="12">${label}</text>`
}

/** The end of the scale: the largest value, or less if one value is so large that the other bars would look equal. */
function endOfAxis(values: readonly number[]): number {
  const [largest = 0, second = largest] = [...values].sort((a, b) => b - a)
  const end = largest > OUTLIER * second ? CUT * second : largest
  return end > 0 ? end : 1
}

function isOurs({ peer }: { peer: string }): boolean {
  return /^(mux-|core|registry)/.test(peer)
}

/** Removes the library's style, which is for HTML pages, and its colors, which would override those of classes. */
function withoutStyle(svg: string): string {
  return svg.replace(/<style>.*?<\/style>/s, '').replaceAll(/ (?:fill|stroke|color)="currentColor"/g, '')
}
