import { parseArgs } from 'node:util'
import { Fuzzer } from './fuzzer.js'

const HELP = `Feeds mutated handshakes and records to both sides of a secure pipe.

  npm run fuzz:handshake                     1,000,000 inputs
  npm run fuzz:handshake -- --runs N         so many
  npm run fuzz:handshake -- --seed N         the seed of the first input; default 1, each further one is one more
  npm run fuzz:handshake -- --seed N --runs 1    the one input that a finding names
`

/** How often the line on a terminal is written anew, ms. */
const INTERVAL_MS = 500

/** The run ends early with so many findings. */
const MAX_FINDINGS = 10

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: '1' },
    help: { type: 'boolean', default: false },
  },
})

if (values.help) process.stdout.write(HELP)
else process.exitCode = await run(Number(values.seed), Number(values.runs))

async function run(first: number, runs: number): Promise<number> {
  // Most inputs end in an error, and its stack would cost more than all else.
  if (runs > 1) Error.stackTraceLimit = 0
  const fuzzer = await Fuzzer.make()
  let seed = first
  process.on('uncaughtExceptionMonitor', () =>
    process.stderr.write(`\nseed ${seed} threw outside of a promise:\n`),
  )
  const startedAt = performance.now()
  let shownAt = startedAt
  for (; seed < first + runs && fuzzer.findings.length < MAX_FINDINGS; seed++) {
    await fuzzer.try(seed)
    const now = performance.now()
    if (!process.stderr.isTTY || now - shownAt < INTERVAL_MS) continue
    shownAt = now
    const percent = Math.floor((100 * fuzzer.runs) / runs)
    const rate = Math.round((fuzzer.runs * 1_000) / (now - startedAt))
    process.stderr.write(
      `\r\x1b[K${percent} %: ${fuzzer.runs} of ${runs} inputs, ${rate}/s, ${fuzzer.findings.length} findings`,
    )
  }
  if (shownAt > startedAt) process.stderr.write('\r\x1b[K')
  report(fuzzer, (performance.now() - startedAt) / 1_000)
  return fuzzer.findings.length === 0 ? 0 : 1
}

function report(fuzzer: Fuzzer, seconds: number): void {
  for (const [outcome, count] of [...fuzzer.outcomes].sort(([one], [other]) => (one < other ? -1 : 1)))
    process.stdout.write(`${String(count).padStart(9)}  ${outcome}\n`)
  for (const { seed, error } of fuzzer.findings)
    process.stdout.write(`finding: ${error.stack}\n  npm run fuzz:handshake -- --seed ${seed} --runs 1\n`)
  const rss = Math.round(process.memoryUsage.rss() / 1_048_576)
  const rate = Math.round(fuzzer.runs / seconds)
  process.stdout.write(
    `${fuzzer.runs} inputs, ${fuzzer.findings.length} findings; ${Math.round(seconds)} s, ${rate} a second; ${rss} MiB resident\n`,
  )
}
