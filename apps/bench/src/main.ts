import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { HELP, parseArguments, UsageError } from './host/arguments.js'
import { bench } from './host/bench.js'
import { plotOf } from './host/plot.js'
import { tableOf } from './host/table.js'
import { runScale, scaleCommands } from './scale/command.js'

/** The command: it measures, prints a table for each work, and writes results and plots. */
process.exitCode = await main(process.argv.slice(2))

async function main(argv: readonly string[]): Promise<number> {
  const [first = '', ...rest] = argv
  const scaleCommand = Object.hasOwn(scaleCommands, first) ? scaleCommands[first] : undefined
  if (scaleCommand !== undefined) return await runScale(scaleCommand, rest)
  try {
    const args = parseArguments(argv)
    if (args.isHelp) {
      process.stdout.write(HELP)
      return 0
    }
    const { out, json } = args
    const all = await bench(args, (work, malloc, report) => {
      process.stdout.write(`\n${work.title} (malloc ${malloc})\n${tableOf(report)}`)
      if (out === undefined) return
      const file = join(out, `${work.name}.${malloc}`)
      write(`${file}.json`, out, toJson(report))
      write(`${file}.svg`, out, plotOf(work, malloc, report))
    })
    if (json !== undefined) writeFileSync(json, toJson(all))
    return all.failures.length === 0 ? 0 : 1
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    process.stderr.write(`${error.message}\n`)
    return 2
  }
}

function write(file: string, folder: string, text: string): void {
  mkdirSync(folder, { recursive: true })
  writeFileSync(file, text)
}

function toJson(value: object): string {
  return `${JSON.stringify(value, undefined, 2)}\n`
}
