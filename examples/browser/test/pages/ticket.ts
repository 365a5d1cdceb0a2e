import { generateIdentity } from '@astranet/secure/browser'
import {
  checkGrant,
  formatTicket,
  generateGrantId,
  grantPsk,
  issuerCheck,
  parseTicket,
  readGrant,
  signGrant,
} from '@astranet/ticket'

/** What a page finds in a ticket. */
export interface FoundTicket {
  /** The name of the grant's only role, if the ticket is good. */
  readonly role?: string | undefined
  /** The code of the error, if it is not. */
  readonly code?: string
}

/** A ticket of a page's own, for a role. */
async function make(role: string): Promise<string> {
  const issuer = await generateIdentity()
  const id = generateGrantId()
  const expiresAt = Date.now() + 60_000
  const bytes = await signGrant(issuer, { id, roles: [role], uses: 1, expiresAt })
  const psk = await grantPsk(new Uint8Array(32), id)
  return formatTicket({ addresses: ['wss://example.com'], grant: { bytes, psk }, expected: issuer.publicKey })
}

/** Reads a ticket whose expected node is also its issuer; with `flipped`, after the last bit of its grant changed. */
async function read({ text, flipped }: { text: string; flipped?: boolean }): Promise<FoundTicket> {
  try {
    const { grant, expected } = parseTicket(text)
    const bytes = new Uint8Array(grant?.bytes ?? [])
    if (flipped === true) bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
    const terms = await readGrant(bytes)
    const isIssuer = issuerCheck(expected === undefined ? [] : [expected])
    const fault = await checkGrant(terms, { nowMs: Date.now(), isIssuer, keyId: undefined })
    return fault === undefined ? { role: terms.roles[0] } : { code: fault.code }
  } catch (error) {
    return { code: (error as { code?: string }).code ?? String(error) }
  }
}

Object.assign(globalThis, { make, read })
