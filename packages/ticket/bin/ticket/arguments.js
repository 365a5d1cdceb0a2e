import { parseArgs } from 'node:util'

/** The arguments are wrong. */
export class UsageError extends Error {}

/** The file that stands for the standard input. */
export const STANDARD_INPUT = '-'

/** What every ticket begins with, of any version. */
const TICKET = /^\s*astranet-ticket-/

/**
 * Throws a {@link UsageError} that says what is wrong.
 *
 * @param {string[]} args
 * @returns {{ isHelp: boolean, isJson: boolean, file: string }}
 */
export function parseCommand(args) {
  const { values, positionals } = parse(args)
  const [file = STANDARD_INPUT, ...more] = positionals
  // The error must not repeat it: messages end up in logs.
  if (positionals.some((each) => TICKET.test(each)))
    throw new UsageError(
      'a ticket is no argument, since others on this machine can read the arguments of a program: ' +
        'give it by the standard input, or in a file',
    )
  if (more.length > 0) throw new UsageError(`it takes one file, got ${positionals.length}`)
  return { isHelp: values.help === true, isJson: values.json === true, file }
}

/** @param {string[]} args */
function parse(args) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: { help: { type: 'boolean', short: 'h' }, json: { type: 'boolean' } },
    })
  } catch (error) {
    const [sentence = ''] = String(/** @type {Error} */ (error).message).split(/\.\s|\n/)
    throw new UsageError(sentence)
  }
}
