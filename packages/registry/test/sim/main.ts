import { parseArgs } from 'node:util'
import { LARGE_NETWORK, type PlanOptions } from './plan.js'
import { Progress } from './progress.js'
import { Report } from './report.js'
import { shareContents } from './shared-contents.js'
import { shrink } from './shrink.js'
import type { SimCryptoKind } from './sim-crypto.js'
import { simulate } from './simulate.js'
import type { Topology } from './topology.js'

const HELP = `Runs networks of catalogues on virtual time: nodes, links and services come and go, and all must agree.

  npm run simulate:registry                       300 seeds of small networks
  npm run simulate:registry -- --seeds N          so many
  npm run simulate:registry -- --from N           beginning with this one; default 1
  npm run simulate:registry -- --seed N           this one, with all that happens
  npm run simulate:registry -- --keep-going       does not stop at the first failure
  npm run simulate:registry -- --brief            without measurements: faster
  npm run simulate:registry -- --shrink           leaves out of a failure what it does not need

Large networks, calm ones. From 200 nodes on they grow node by node, and nodes share what is equal in them. 300 routers
take about two minutes of a core and 1.3 GB; three times as many take ten times as much time.

  npm run simulate:registry -- --seed 1 --topology random --actions 0 --nodes 300
  npm run simulate:registry -- --seed 1 --topology random --actions 0 --nodes 1000
  npm run simulate:registry -- --seed 1 --topology random --actions 0 --nodes 10000 --routers 0.02 --leaves 1

What the seed decides unless it is given:
  --nodes N  --topology star|ring|tree|random  --routers SHARE  --leaves SHARE
  --actions N       how many things happen before the measurements; 0: a calm network
  --keep N,N,...    which of these things happen, as --shrink found out
  --changes N       how many changes are measured
  --crypto KIND     stand-in, ed25519, or later (answers come by promises)
`

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    seeds: { type: 'string', default: '300' },
    from: { type: 'string', default: '1' },
    nodes: { type: 'string' },
    topology: { type: 'string' },
    routers: { type: 'string' },
    leaves: { type: 'string' },
    actions: { type: 'string' },
    changes: { type: 'string' },
    crypto: { type: 'string' },
    keep: { type: 'string' },
    'keep-going': { type: 'boolean', default: false },
    brief: { type: 'boolean', default: false },
    shrink: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

const options: PlanOptions = {
  ...(values.brief ? { isBrief: true } : {}),
  ...number('nodes'),
  ...number('routers'),
  ...number('leaves'),
  ...number('actions'),
  ...number('changes'),
  ...(values.keep === undefined ? {} : { keep: values.keep.split(',').map(Number) }),
  ...(values.topology === undefined ? {} : { topology: values.topology as Topology }),
  ...(values.crypto === undefined ? {} : { crypto: values.crypto as SimCryptoKind }),
}

if ((options.nodes ?? 0) >= LARGE_NETWORK) shareContents()

if (values.help) process.stdout.write(HELP)
else if (values.seed !== undefined) process.exitCode = await runOne(Number(values.seed))
else process.exitCode = await runMany(Number(values.from), Number(values.seeds))

function number<Name extends 'nodes' | 'routers' | 'leaves' | 'actions' | 'changes'>(
  name: Name,
): { [name in Name]?: number } {
  return values[name] === undefined ? {} : ({ [name]: Number(values[name]) } as { [name in Name]?: number })
}

async function runOne(seed: number): Promise<number> {
  const report = new Report()
  const progress = new Progress('seeds', 1)
  try {
    const trace = (line: string): void => {
      progress.clear()
      process.stdout.write(`${line}\n`)
    }
    const onProgress = (virtualMs: number, doing: string): void =>
      progress.note(`${(virtualMs / 1_000).toFixed(0)} s of virtual time; ${doing}`)
    report.add(await simulate(seed, { ...options, trace, onProgress }))
    progress.clear()
    process.stdout.write(report.table())
    return 0
  } catch (error) {
    progress.clear()
    process.stdout.write(`${(error as Error).stack}\n`)
    if (error instanceof Error && error.cause instanceof Error) process.stdout.write(`${error.cause.stack}\n`)
    if (values.shrink) process.stdout.write(await shrink(seed, options))
    return 1
  }
}

async function runMany(from: number, count: number): Promise<number> {
  const progress = new Progress('seeds', count)
  const report = new Report()
  let failures = 0
  for (let seed = from; seed < from + count; seed++) {
    try {
      report.add(await simulate(seed, options))
    } catch (error) {
      failures++
      progress.clear()
      process.stdout.write(`${(error as Error).message}\n`)
      if (values.shrink) process.stdout.write(await shrink(seed, options))
      if (!values['keep-going']) break
    }
    progress.update(seed - from + 1, `${failures} failures`)
  }
  progress.clear()
  process.stdout.write(`${report.table()}${report.seeds + failures} seeds, ${failures} failures\n`)
  return failures === 0 ? 0 : 1
}
