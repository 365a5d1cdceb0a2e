import { parseArgs } from 'node:util'
import { Progress } from '../support/progress.js'
import { simulate } from './simulate.js'

const HELP = `Runs two sessions and their applications on virtual time, as random numbers will have it.

  npm run sim                    10,000 seeds
  npm run sim -- --seeds N       so many
  npm run sim -- --from N        beginning with this one; default 1
  npm run sim -- --seed N        this one, with all that happens
  npm run sim -- --keep-going    does not stop at the first failure
`

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    seeds: { type: 'string', default: '10000' },
    from: { type: 'string', default: '1' },
    'keep-going': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

if (values.help) process.stdout.write(HELP)
else if (values.seed !== undefined) process.exitCode = runOne(Number(values.seed))
else process.exitCode = runMany(Number(values.from), Number(values.seeds), values['keep-going'])

function runOne(seed: number): number {
  try {
    const { steps, streams, bytes, virtualMs } = simulate(seed, {
      trace: (line) => process.stdout.write(`${line}\n`),
    })
    process.stdout.write(
      `seed ${seed}: ${streams} streams, ${bytes} bytes, ${steps} steps, ${virtualMs} ms\n`,
    )
    return 0
  } catch (error) {
    process.stdout.write(`${(error as Error).stack}\n`)
    if (error instanceof Error && error.cause instanceof Error) process.stdout.write(`${error.cause.stack}\n`)
    return 1
  }
}

function runMany(from: number, count: number, isToGoOn: boolean): number {
  const progress = new Progress('seeds', count)
  const totals = { streams: 0, bytes: 0, virtualMs: 0 }
  let failures = 0
  for (let i = 0; i < count; i++) {
    try {
      const { streams, bytes, virtualMs } = simulate(from + i)
      totals.streams += streams
      totals.bytes += bytes
      totals.virtualMs += virtualMs
    } catch (error) {
      failures += 1
      progress.clear()
      process.stdout.write(`${(error as Error).message}\n`)
      if (!isToGoOn) return 1
    }
    progress.update(i + 1, `${failures} failures`)
  }
  progress.clear()
  const { streams, bytes, virtualMs } = totals
  const hours = (virtualMs / 3_600_000).toFixed(1)
  process.stdout.write(
    `${count} seeds, ${failures} failures; ${streams} streams, ${bytes} bytes, ${hours} hours of virtual time\n`,
  )
  return failures === 0 ? 0 : 1
}
