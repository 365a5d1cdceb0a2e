import { writeFile } from 'node:fs/promises'
import { formatNodeId } from '@astranet/interface'
import { createIdentityFile, generateIdentity } from '@astranet/secure'
import { readIdentity, writeIdentity } from './formats.js'
import { nameOf, readInput, warnOfMode } from './input.js'

/** @typedef {import('@astranet/secure').Identity} Identity */
/** @typedef {Exclude<import('./arguments.js').Command, { name: 'help' }>} Command */

/**
 * Does it. Resolves with what to print.
 *
 * @param {Command} command
 * @returns {Promise<string>}
 */
export async function run(command) {
  if (command.name === 'make') return await make(command)
  const identity = await readIdentity(await readInput(command.file), nameOf(command.file))
  await warnOfMode(command.file)
  if (command.name === 'print') return describe(identity, command.isJson)
  const { to, output } = command
  if (output === undefined) return await writeIdentity(identity, to)
  await neverReplacing(output, async () => {
    if (to === 'pem') await createIdentityFile(output, identity)
    else await writeFile(output, await writeIdentity(identity, to), { flag: 'wx', mode: 0o600 })
  })
  return ''
}

/**
 * @param {{ file: string, isJson: boolean }} command
 * @returns {Promise<string>}
 */
async function make({ file, isJson }) {
  const identity = await generateIdentity()
  await neverReplacing(file, () => createIdentityFile(file, identity))
  return describe(identity, isJson)
}

/**
 * @param {string} file
 * @param {() => Promise<void>} create
 */
async function neverReplacing(file, create) {
  try {
    await create()
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || error.code !== 'EEXIST') throw error
    throw new Error(`The file ${file} is there already, and is not replaced.`)
  }
}

/**
 * What others may know of an identity.
 *
 * @param {Identity} identity
 * @param {boolean} isJson
 */
function describe({ nodeId, publicKey }, isJson) {
  const id = formatNodeId(nodeId)
  const key = Buffer.from(publicKey).toString('hex')
  if (isJson) return `${JSON.stringify({ nodeId: id, publicKey: key })}\n`
  return `node id: ${id}\npublic key: ${key}\n`
}
