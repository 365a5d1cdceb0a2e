import { parseArgs } from 'node:util'
import { formats, isFormat } from './formats.js'

/**
 * What is to be done.
 *
 * @typedef {{ name: 'help' }
 *   | { name: 'make', file: string, isJson: boolean }
 *   | { name: 'print', file: string, isJson: boolean }
 *   | { name: 'convert', file: string, to: import('./formats.js').Format, output: string | undefined }} Command
 */

/** The arguments are wrong. */
export class UsageError extends Error {}

/** The file that stands for the standard input. */
export const STANDARD_INPUT = '-'

/** The options of each command, beside `--help`. */
const optionsOf = /** @type {const} */ ({
  make: ['json'],
  print: ['json'],
  convert: ['to', 'output'],
})

/**
 * Throws a {@link UsageError} that says what is wrong.
 *
 * @param {string[]} args
 * @returns {Command}
 */
export function parseCommand(args) {
  const { values, positionals } = parse(args)
  if (values.help === true) return { name: 'help' }
  const [name, file, ...more] = positionals
  if (name === undefined) throw new UsageError('a command is missing: make, print or convert')
  if (!isCommand(name)) throw new UsageError(`there is no command "${name}": it is make, print or convert`)
  if (more.length > 0) throw new UsageError(`${name} takes one file, and "${more[0]}" is one more`)
  const foreign = Object.keys(values).find((option) => !optionsOf[name].some((each) => each === option))
  if (foreign !== undefined) throw new UsageError(`${name} has no option --${foreign}`)
  const { json: isJson = false, to, output } = values
  if (name === 'make') return { name, file: fileToMake(file), isJson }
  if (name === 'print') return { name, file: file ?? STANDARD_INPUT, isJson }
  return { name, file: file ?? STANDARD_INPUT, to: formatOf(to), output }
}

/** @param {string[]} args */
function parse(args) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        help: { type: 'boolean', short: 'h' },
        json: { type: 'boolean' },
        to: { type: 'string' },
        output: { type: 'string', short: 'o' },
      },
    })
  } catch (error) {
    const [sentence = ''] = String(/** @type {Error} */ (error).message).split(/\.\s|\n/)
    throw new UsageError(sentence)
  }
}

/**
 * @param {string} name
 * @returns {name is keyof typeof optionsOf}
 */
function isCommand(name) {
  return Object.hasOwn(optionsOf, name)
}

/**
 * @param {string | undefined} file
 * @returns {string}
 */
function fileToMake(file) {
  if (file !== undefined && file !== STANDARD_INPUT) return file
  throw new UsageError('make needs the name of a new file')
}

/**
 * @param {string | undefined} to
 * @returns {import('./formats.js').Format}
 */
function formatOf(to) {
  const list = formats.join(', ')
  if (to === undefined) throw new UsageError(`convert needs --to and a format: ${list}`)
  if (!isFormat(to)) throw new UsageError(`there is no format "${to}": it is one of ${list}`)
  return to
}
