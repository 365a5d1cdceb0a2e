import { parseArgs } from 'node:util'
import { generateSecret } from '../../src/index.js'
import { STRANGER_KINDS, type StrangerKind } from './first-bytes.js'
import { FloodedNode } from './flood.js'
import { HEAD, rowOf, table } from './table.js'

const HELP = `Floods a node with half handshakes, while an honest peer 150 ms away joins it again and again.

  npm run strangers                     every kind, from 1 and from 256 addresses, 60 s each: 10 minutes
  npm run strangers -- --seconds N      so long each
  npm run strangers -- --rate N         so many half handshakes in a second, of all addresses together; default 1,000
  npm run strangers -- --addresses N    from so many addresses only
  npm run strangers -- --kind K         silent, preamble, garbage or "message 1" only
  npm run strangers -- --joins N        at least so many joins each; default 100
  npm run strangers -- --open           a network without a secret
`

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    rate: { type: 'string', default: '1000' },
    addresses: { type: 'string' },
    kind: { type: 'string' },
    joins: { type: 'string', default: '100' },
    open: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

if (values.help) process.stdout.write(HELP)
else await run()

async function run(): Promise<void> {
  const kinds = STRANGER_KINDS.filter((kind) => values.kind === undefined || values.kind === kind)
  const addresses = values.addresses === undefined ? [1, 256] : [Number(values.addresses)]
  const rows: string[][] = []
  for (const count of addresses) for (const kind of kinds) rows.push(await measure(kind, count))
  process.stdout.write(table([HEAD, ...rows]))
}

/** Each in a new process, so that no flood inherits memory from another one. */
async function measure(kind: StrangerKind, addresses: number): Promise<string[]> {
  await using node = await FloodedNode.start(values.open ? undefined : generateSecret())
  const report = await node.flood({
    ...{ kind, addresses, maxTries: 2 },
    perSecond: Number(values.rate),
    seconds: Number(values.seconds),
    joins: Number(values.joins),
  })
  const row = rowOf({ kind, addresses }, report)
  process.stdout.write(table([HEAD, row]))
  return row
}
