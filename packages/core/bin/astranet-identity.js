#!/usr/bin/env node
// Makes, prints and converts the identities of nodes: `astranet-identity --help`.
import { parseCommand, UsageError } from './identity/arguments.js'
import { run } from './identity/commands.js'
import { help } from './identity/help.js'

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
    process.stdout.write(command.name === 'help' ? help : await run(command))
    return 0
  } catch (error) {
    if (!(error instanceof Error)) throw error
    process.stderr.write(`astranet-identity: ${error.message}\n`)
    if (!(error instanceof UsageError)) return 1
    process.stderr.write('Try astranet-identity --help.\n')
    return 2
  }
}

process.exitCode = await main(process.argv.slice(2))
