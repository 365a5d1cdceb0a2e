#!/usr/bin/env node
// Prints what a ticket says, without its secrets: `astranet-ticket --help`.
import { parseCommand, UsageError } from './ticket/arguments.js'
import { describeTicket } from './ticket/describe.js'
import { help } from './ticket/help.js'
import { readInput } from './ticket/input.js'

/**
 * Runs the command. Resolves with the process's exit code: 0 when it has worked, 1 when it has failed, and 2 when the
 * arguments are wrong.
 *
 * @param {string[]} args
 * @returns {Promise<number>}
 */
async function main(args) {
  try {
    const command = parseCommand(args)
    process.stdout.write(
      command.isHelp ? help : await describeTicket(await readInput(command.file), command.isJson),
    )
    return 0
  } catch (error) {
    if (!(error instanceof Error)) throw error
    process.stderr.write(`astranet-ticket: ${error.message}\n`)
    if (!(error instanceof UsageError)) return 1
    process.stderr.write('Try astranet-ticket --help.\n')
    return 2
  }
}

process.exitCode = await main(process.argv.slice(2))
