import { formatNodeId } from '@astranet/interface'
import { nodeIdOfKey } from '@astranet/secure'
import { checkGrant, parseTicket, readGrant } from '@astranet/ticket'

/** @typedef {import('@astranet/ticket').GrantTerms} GrantTerms */

/**
 * What a ticket says, without its secrets. Rejects when it is not a whole ticket, or its grant is forged.
 *
 * @param {string} text
 * @param {boolean} isJson
 * @returns {Promise<string>}
 */
export async function describeTicket(text, isJson) {
  const { addresses, secret, grant, expected } = parseTicket(text)
  const terms = grant === undefined ? undefined : await readGrant(grant.bytes)
  const content = {
    addresses,
    ...(expected === undefined ? {} : { expected: await describeNode(expected) }),
    holds: terms !== undefined ? 'grant' : secret !== undefined ? 'secret' : 'nothing',
    ...(terms === undefined ? {} : { grant: await describeGrant(terms) }),
  }
  return isJson ? `${JSON.stringify(content)}\n` : inLines(content)
}

/**
 * @param {Uint8Array} publicKey
 */
async function describeNode(publicKey) {
  return { nodeId: formatNodeId(await nodeIdOfKey(publicKey)), publicKey: hex(publicKey) }
}

/**
 * @param {GrantTerms} terms
 */
async function describeGrant(terms) {
  const { id, issuer, roles, services, uses, expiresAt } = terms
  const fault = await checkGrant(terms, { nowMs: Date.now(), isIssuer: () => true })
  return {
    id: hex(id),
    issuer: await describeNode(issuer),
    roles,
    ...(services === undefined ? {} : { services }),
    uses,
    expiresAt: new Date(expiresAt).toISOString(),
    isExpired: fault !== undefined,
  }
}

/**
 * @typedef {{ nodeId: string, publicKey: string }} Node
 *
 * @param {{
 *   addresses: readonly string[],
 *   expected?: Node,
 *   holds: string,
 *   grant?: Awaited<ReturnType<typeof describeGrant>>,
 * }} content
 * @returns {string}
 */
function inLines({ addresses, expected, holds, grant }) {
  const lines = [`addresses: ${addresses.join(' ')}`]
  lines.push(`expected node: ${expected === undefined ? 'any member' : inLine(expected)}`)
  if (holds === 'secret') lines.push("holds: the network's secret (not shown)")
  else if (grant === undefined) lines.push('holds: nothing, so the network must be open')
  else lines.push('holds: a grant and its key (not shown)', ...linesOfGrant(grant))
  return `${lines.map(printable).join('\n')}\n`
}

/**
 * @param {Awaited<ReturnType<typeof describeGrant>>} grant
 * @returns {string[]}
 */
function linesOfGrant({ id, issuer, roles, services, uses, expiresAt, isExpired }) {
  return [
    `grant: ${id}`,
    `signed by: ${inLine(issuer)}`,
    `roles: ${roles.join(' ') || 'none'}`,
    `services: ${services === undefined ? 'all' : services.join(' ') || 'none'}`,
    `uses: ${uses}`,
    `ends: ${expiresAt}${isExpired ? ' (over)' : ''}`,
  ]
}

/** @param {Node} node */
function inLine({ nodeId, publicKey }) {
  return `${nodeId} ${publicKey}`
}

/**
 * Without characters that disturb a terminal, such as those that change the direction of writing.
 *
 * @param {string} text
 */
function printable(text) {
  return text.replace(/[\p{C}\u2028\u2029]/gu, '?')
}

/** @param {Uint8Array} bytes */
function hex(bytes) {
  return Buffer.from(bytes).toString('hex')
}
