import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Progress } from '../support/progress.js'
import { addToCorpus, readCorpus } from './corpus.js'
import { Fuzzer, worthKeeping } from './fuzzer.js'

const HELP = `Feeds mutated bytes of a peer to the frame decoder and to a session.

  npm run fuzz                     1,000,000 inputs
  npm run fuzz -- --runs N         so many
  npm run fuzz -- --seed N         other random numbers; default 1
  npm run fuzz -- --update         adds inputs that reached something new to the corpus
  npm run fuzz -- --input HEX --choice N    this one input; N as a finding says
`

/** Inputs that one run adds to the corpus at most. */
const MAX_ADDED = 100

/** From `.tools/test/fuzz`, where this file is compiled to. */
const CORPUS = join(import.meta.dirname, '../../../test/fuzz/corpus')

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: '1' },
    update: { type: 'boolean', default: false },
    input: { type: 'string' },
    choice: { type: 'string', default: '0' },
    help: { type: 'boolean', default: false },
  },
})

if (values.help) process.stdout.write(HELP)
else process.exitCode = values.input === undefined ? runMany() : runOne(values.input)

function runMany(): number {
  const runs = Number(values.runs)
  // Most inputs end in an error, and its stack would cost more than all else.
  Error.stackTraceLimit = 0
  const corpus = readCorpus(CORPUS)
  const fuzzer = new Fuzzer(Number(values.seed), corpus)
  const progress = new Progress('inputs', runs)
  const startedAt = performance.now()
  while (fuzzer.runs < runs && fuzzer.findings.length < 10) {
    fuzzer.step()
    if ((fuzzer.runs & 1023) === 0) {
      progress.update(fuzzer.runs, `${fuzzer.findings.length} findings, ${fuzzer.reached} reached`)
    }
  }
  progress.clear()
  const seconds = (performance.now() - startedAt) / 1_000
  for (const { input, choice, error } of fuzzer.findings) {
    const hex = Buffer.from(input).toString('hex')
    process.stdout.write(`finding: ${error.message}\n  npm run fuzz -- --input ${hex} --choice ${choice}\n`)
  }
  if (values.update) {
    const added = addToCorpus(CORPUS, worthKeeping(corpus, fuzzer.kept, MAX_ADDED))
    process.stdout.write(`${added} inputs added to the corpus\n`)
  }
  process.stdout.write(
    `${fuzzer.runs} inputs, ${fuzzer.findings.length} findings; ${corpus.length} in the corpus, ${fuzzer.kept.length} new; ${fuzzer.reached} reached; ${Math.round(fuzzer.runs / seconds)} a second\n`,
  )
  return fuzzer.findings.length === 0 ? 0 : 1
}

function runOne(hex: string): number {
  const fuzzer = new Fuzzer(1, [])
  fuzzer.try(new Uint8Array(Buffer.from(hex, 'hex')), Number(values.choice))
  const [finding] = fuzzer.findings
  process.stdout.write(finding === undefined ? 'nothing was found\n' : `${finding.error.stack}\n`)
  return finding === undefined ? 0 : 1
}
