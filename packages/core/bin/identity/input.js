import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { STANDARD_INPUT } from './arguments.js'

/** Keys have some hundred bytes in every format. More is something else, and is not read to its end. */
const MAX_INPUT_BYTES = 4_096

/**
 * The text in a file, or in the standard input.
 *
 * @param {string} file
 * @returns {Promise<string>}
 */
export async function readInput(file) {
  const source = file === STANDARD_INPUT ? process.stdin : createReadStream(file)
  const chunks = []
  let length = 0
  for await (const chunk of source) {
    chunks.push(chunk)
    length += chunk.length
    if (length > MAX_INPUT_BYTES)
      throw new Error(`${nameOf(file)} holds no identity: it has more than ${MAX_INPUT_BYTES} bytes.`)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/**
 * How messages call a file.
 *
 * @param {string} file
 */
export function nameOf(file) {
  return file === STANDARD_INPUT ? 'The standard input' : `The file ${file}`
}

/**
 * Writes a warning to the standard error when others than the owner may use the file.
 *
 * @param {string} file
 */
export async function warnOfMode(file) {
  if (file === STANDARD_INPUT || process.platform === 'win32') return
  const { mode } = await stat(file)
  if ((mode & 0o077) === 0) return
  const text = `${nameOf(file)} has mode 0${(mode & 0o777).toString(8)}: others on this machine may use the identity.`
  process.stderr.write(`astranet-identity: ${text} Set it to 0600.\n`)
}
