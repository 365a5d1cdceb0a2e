import { createReadStream } from 'node:fs'
import { STANDARD_INPUT } from './arguments.js'

/** The longest text that is looked at as a ticket. More is something else, and is not read to its end. */
const MAX_INPUT_BYTES = 8_192

/**
 * The text in a file, or in the standard input.
 *
 * @param {string} file
 * @returns {Promise<string>}
 */
export async function readInput(file) {
  const isStandardInput = file === STANDARD_INPUT
  const chunks = []
  let length = 0
  for await (const chunk of isStandardInput ? process.stdin : createReadStream(file)) {
    chunks.push(chunk)
    length += chunk.length
    if (length <= MAX_INPUT_BYTES) continue
    const name = isStandardInput ? 'The standard input' : `The file ${file}`
    throw new Error(`${name} holds no ticket: it has more than ${MAX_INPUT_BYTES} bytes.`)
  }
  return Buffer.concat(chunks).toString('utf8')
}
