import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import * as node from '../src/index.js'
import { hex } from './support/bytes.js'
import { identityOf } from './support/identities.js'
import { vectorInput } from './support/reference.js'
import {
  grantTicket,
  issuer,
  secretTicket,
  vectorGrant,
  vectorPsk,
  vectors,
  vectorTerms,
} from './support/vectors.js'
import { byWebCrypto } from './support/by-web-crypto.js'

const spec = readFileSync(new URL('../../../spec/ticket.md', import.meta.url), 'utf8')

/** The lines of the text block below a heading. */
function block(heading: string): string[] {
  const [, text] = new RegExp(`\\n#+ ${heading}\\n[^#]*?\`\`\`text\\n([^\`]*)\`\`\``).exec(spec) ?? []
  if (text === undefined) throw new Error(`spec/ticket.md has no block below "${heading}"`)
  return text.trim().split('\n')
}

test.each(Object.entries(vectors))('%s is in the spec, with every value', (heading, lines) => {
  expect(block(heading)).toEqual(lines)
})

const { addresses, secret, psk, id } = vectorInput

test.each([
  ['node:crypto', node],
  ['WebCrypto', byWebCrypto],
])('both entries make and read the vectors, by %s', async (_, entry) => {
  expect(hex(await entry.grantPsk(psk, id))).toBe(hex(vectorPsk))
  const grant = await entry.signGrant(await identityOf(vectorInput.privateKey), vectorTerms)
  expect(hex(grant)).toBe(hex(vectorGrant))
  expect(await entry.readGrant(vectorGrant)).toEqual({ ...vectorTerms, issuer: new Uint8Array(issuer) })
  expect(await entry.issuerCheck([issuer])(issuer)).toBe(true)
})

test('formatTicket and parseTicket give the vectors', () => {
  const withGrant: node.Ticket = {
    addresses,
    grant: { bytes: new Uint8Array(vectorGrant), psk: new Uint8Array(vectorPsk) },
    expected: new Uint8Array(issuer),
  }
  expect(node.formatTicket(withGrant)).toBe(grantTicket)
  expect(node.parseTicket(grantTicket)).toEqual(withGrant)
  const withSecret = { addresses: addresses.slice(0, 1), secret }
  expect(node.formatTicket(withSecret)).toBe(secretTicket)
  expect(node.parseTicket(secretTicket)).toEqual(withSecret)
})
