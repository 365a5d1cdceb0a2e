import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { MAX_LINKS_PER_PEER } from '../../packages/core/src/links/link-events.js'
import { DEFAULT_MAX_LINKS } from '../../packages/core/src/node/resolve-options.js'
import { MAX_PENDING_HEADERS } from '../../packages/link/src/io/streams/pending-headers.js'
import { MAX_PARTIAL_HEADERS } from '../../packages/link/src/io/streams/incoming-streams.js'
import { DEFAULT_HELLO_TIMEOUT_MS } from '../../packages/link/src/io/link-options.js'
import { MAX_CONTROL_MESSAGE_BYTES } from '../../packages/link/src/proto/control-message.js'
import {
  DEFAULT_SLOTS_PER_HOST,
  DEFAULT_SLOTS_PER_STAGE,
} from '../../packages/link/src/proto/slots/doorway-slots.js'
import { MAX_HELLO_BYTES } from '../../packages/link/src/proto/hello.js'
import { MAX_STREAM_HEADER_BYTES, MAX_TUNNEL_NODES } from '../../packages/link/src/proto/stream-header.js'
import { MAX_FRESH_RESETS, MAX_IDLE_FRAMES } from '../../packages/mux/src/proto/session/abuse-guard.js'
import { resolveLimits as muxLimits } from '../../packages/mux/src/proto/session/options.js'
import {
  FIRST_STREAM_WINDOW_BYTES,
  MIN_SHARE_BYTES,
} from '../../packages/mux/src/proto/receive/session-window.js'
import { resolveLimits as registryLimits } from '../../packages/registry/src/proto/model/limits.js'
import { documents, quantities, rowsOf, section } from '../scripts/lib/documented-numbers.mjs'
import { root } from '../scripts/lib/workspace.mjs'

const texts = documents()
const limits = texts.get('docs/LIMITS.md') ?? ''

/** Options without a limit of their own, and those whose default another option gives. */
const NO_LIMITS = [
  'memoryBudget',
  'evictionCode',
  'internalErrorCode',
  'refusalCode',
  'idleTimeoutMs',
  'maxDatagramFrameSizeBytes',
]

test.each([
  ['Sessions and streams (`@astranet/mux`)', 'packages/mux/README.md', muxLimits({})],
  ['The catalogue (`@astranet/registry`)', 'packages/registry/README.md', registryLimits({})],
])('docs/LIMITS.md, "%s", and %s give the defaults that the sources have', (heading, readme, defaults) => {
  const rows = section(limits, heading)
  for (const [name, value] of Object.entries(defaults)) {
    if (NO_LIMITS.includes(name)) continue
    expect(rowsOf(rows, name).length, `docs/LIMITS.md has no row for ${name}`).toBeGreaterThan(0)
    for (const row of [...rowsOf(rows, name), ...rowsOf(texts.get(readme) ?? '', name)])
      expect(quantities(row), `${name} in: ${row}`).toContain(value)
  }
})

/** What the documents say of a constant: each pattern has the number as its group. */
const SAYINGS: [name: string, value: number, ...patterns: RegExp[]][] = [
  [
    'MIN_SHARE_BYTES',
    MIN_SHARE_BYTES,
    /may (?:each|always) have ([\d,]+ KiB)/g,
    /and ([\d,]+ KiB) (?:per|for each) (?:session|link)/g,
  ],
  [
    'FIRST_STREAM_WINDOW_BYTES',
    FIRST_STREAM_WINDOW_BYTES,
    /window of a stream \| ([\d,]+ KiB)/g,
    /(?:window|\bw) begins with ([\d,]+ KiB)/g,
  ],
  ['MAX_FRESH_RESETS', MAX_FRESH_RESETS, /looked at them \| ([\d,]+)/g, /give up ([\d,]+) streams/g],
  [
    'MAX_IDLE_FRAMES',
    MAX_IDLE_FRAMES,
    /move nothing \| ([\d,]+)/g,
    /send ([\d,]+) frames that move nothing/g,
  ],
  [
    'DEFAULT_SLOTS_PER_STAGE',
    DEFAULT_SLOTS_PER_STAGE,
    /not links yet \| ([\d,]+) per node/g,
    /message 2 sent \| ([\d,]+)/g,
  ],
  [
    'DEFAULT_SLOTS_PER_HOST',
    DEFAULT_SLOTS_PER_HOST,
    /stage of the doorway, ([\d,]+) per host/g,
    /pending pipes of one host [^|]*\| ([\d,]+)/g,
  ],
  ['MAX_LINKS_PER_PEER', MAX_LINKS_PER_PEER, /links to one peer \| ([\d,]+)/g],
  ['DEFAULT_MAX_LINKS', DEFAULT_MAX_LINKS, /dialed and accepted \| ([\d,]+)/g, /`maxLinks` \(([\d,]+)\)/g],
  [
    'DEFAULT_HELLO_TIMEOUT_MS',
    DEFAULT_HELLO_TIMEOUT_MS,
    /admitted each other \| (\d+ s)/g,
    /handshake \| (\d+ s)/g,
    /the link is open \| (\d+ s)/g,
  ],
  ['MAX_HELLO_BYTES', MAX_HELLO_BYTES, /\| HELLO \| ([\d,]+) bytes/g],
  ['MAX_CONTROL_MESSAGE_BYTES', MAX_CONTROL_MESSAGE_BYTES, /control message \| ([\d,]+) bytes/g],
  [
    'MAX_STREAM_HEADER_BYTES',
    MAX_STREAM_HEADER_BYTES,
    /header(?: of a stream)?, (?:and its )?answer \| ([\d,]+) bytes/g,
  ],
  [
    'MAX_PARTIAL_HEADERS',
    MAX_PARTIAL_HEADERS,
    /begun and not (?:ended|complete)(?:, per link)? \| ([\d,]+)/g,
  ],
  ['MAX_PENDING_HEADERS', MAX_PENDING_HEADERS, /header is not complete(?:, per link)? \| ([\d,]+)/g],
  ['MAX_TUNNEL_NODES', MAX_TUNNEL_NODES, /tunnel's path \| ([\d,]+)/g],
]

test.each(SAYINGS)('%s is %d in every document that gives it', (name, value, ...patterns) => {
  for (const pattern of patterns) expect(found(pattern), String(pattern)).not.toEqual([])
  for (const { path, number, said } of patterns.flatMap(found))
    expect(number, `${name} in ${path}: "${said}"`).toBe(value)
})

/** What an open stream costs: docs/LIMITS.md says it, by what was measured last with a million of them. */
const COSTS: [peer: string, row: RegExp, ...others: RegExp[]][] = [
  [
    'mux-light',
    /open stream that is idle \| about (\d+) bytes/g,
    /idle costs (?:about|some) (\d+) bytes/g,
    /about (\d+) bytes as a light stream/g,
  ],
  ['mux-duplex', /; (\d+) as a Duplex/g],
  ['core', /; (\d+) as a socket/g],
]

test.each(COSTS)('what an open stream costs is what was measured: %s', (peer, ...patterns) => {
  const values = patterns.flatMap(found).map(({ number }) => number)
  expect(found(patterns[0]).map(({ path }) => path)).toContain('docs/LIMITS.md')
  expect(new Set(values).size, values.join()).toBe(1)
  const off = Math.abs((values[0] as number) / measured(peer) - 1)
  expect(off, `${values[0]} is given, ${measured(peer)} was measured`).toBeLessThan(0.1)
})

test('what a Stream itself takes is the same in every document', () => {
  const values = [/`Stream` (?:(?:itself )?is|record of about) (?:a record of about )?(\d+)/g].flatMap(found)
  expect(values.length).toBeGreaterThan(1)
  expect(new Set(values.map(({ number }) => number)).size, JSON.stringify(values)).toBe(1)
})

test('quantities are read in their units', () => {
  expect(quantities('64 MiB; from 65,536, `x2` 2^48, 1.5 s, 10 minutes, 3 streams')).toEqual([
    67_108_864, 65_536, 2, 1_500, 600_000, 3,
  ])
})

function found(pattern: RegExp): { path: string; number: number; said: string }[] {
  return [...texts].flatMap(([path, text]) =>
    [...text.matchAll(pattern)].map(([said, quantity = '']) => {
      return { path, said, number: quantities(quantity)[0] ?? Number.NaN }
    }),
  )
}

function measured(peer: string): number {
  const file = readFileSync(join(root, 'bench/results/memory.default.json'), 'utf8')
  const { runs } = JSON.parse(file) as { runs: { peer: string; metric: string; median: number }[] }
  const medians = runs
    .filter((run) => run.peer === peer && /^(client|server) at 1M$/.test(run.metric))
    .map(({ median }) => median)
  return medians.reduce((sum, each) => sum + each, 0) / medians.length
}
