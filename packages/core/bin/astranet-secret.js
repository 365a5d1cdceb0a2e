#!/usr/bin/env node
// Prints a new secret for a network, one line: `astranet-secret > network.secret`. The line break is not part of it.
import { parseArgs } from 'node:util'
import { generateSecret } from '@astranet/core'

const help = `Prints a new secret for an AstraNet network, on one line.

  astranet-secret > network.secret; chmod 600 network.secret

The secret is the text without the line break. Each run prints another one.

  --help     prints this

Exit codes: 0 it has worked, 2 the arguments are wrong.
`

/**
 * Runs the command. Returns the process's exit code: 0 when it has worked, and 2 when the arguments are wrong.
 *
 * @param {string[]} args
 * @returns {number}
 */
function main(args) {
  try {
    const { values } = parseArgs({ args, options: { help: { type: 'boolean', short: 'h' } } })
    process.stdout.write(values.help === true ? help : `${generateSecret()}\n`)
    return 0
  } catch (error) {
    const [sentence = ''] = String(/** @type {Error} */ (error).message).split(/\.\s|\n/)
    process.stderr.write(`astranet-secret: ${sentence}\nTry astranet-secret --help.\n`)
    return 2
  }
}

process.exitCode = main(process.argv.slice(2))
