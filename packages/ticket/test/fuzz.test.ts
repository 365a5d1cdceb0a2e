import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  formatTicket,
  generateGrantId,
  grantPsk,
  parseTicket,
  readGrant,
  signGrant,
  type NewGrantTerms,
  type Ticket,
} from '../src/index.js'
import { counting, hex } from './support/bytes.js'
import { codeOf } from './support/codes.js'
import { identityOf } from './support/identities.js'
import {
  grantOf,
  publicKeyOf,
  signatureOf,
  ticketOf,
  vectorInput,
  wrap,
  type Value,
} from './support/reference.js'
import { grantTicket, vectorGrant } from './support/vectors.js'

const signer = await identityOf(vectorInput.privateKey)
const printable = fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 40 })
const token = printable.map((text) => text.replaceAll(' ', '_'))
const id = fc
  .uint8Array({ minLength: 16, maxLength: 16 })
  .map((bytes) => (bytes.every((byte) => byte === 0) ? generateGrantId() : bytes))
const pattern = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 20 })
  .map((text) => text.replace(/[\p{Cc}\p{Cs}\s:@/]/gu, '*'))
  .chain((name) => fc.constantFrom(name, `/${name}`, `${name}/${name}`, `*/${name}`))

const terms: fc.Arbitrary<NewGrantTerms> = fc.record(
  {
    id,
    roles: fc.array(fc.stringMatching(/^[A-Za-z0-9._-]{1,40}$/), { maxLength: 8 }),
    services: fc.array(pattern, { maxLength: 8 }),
    uses: fc.integer({ min: 1, max: 65_535 }),
    expiresAt: fc.integer({ min: 0, max: 8_640_000_000_000_000 }),
  },
  { requiredKeys: ['id', 'roles', 'uses', 'expiresAt'] },
)

const network = fc.constantFrom('tcp', 'wss', 'unix', 'x.y+z-1')
const ticket: fc.Arbitrary<Ticket> = fc.record(
  {
    addresses: fc.array(
      fc.tuple(network, token).map(([scheme, rest]) => `${scheme}://${rest}`),
      { minLength: 1, maxLength: 4 },
    ),
    secret: fc.string({ unit: 'grapheme', minLength: 16, maxLength: 30 }).map((text) => `a${text}z`),
    expected: fc.constant(new Uint8Array(signer.publicKey)),
  },
  { requiredKeys: ['addresses'] },
)

test('any terms come back as they were signed, and are the bytes of the reference', async () => {
  await fc.assert(
    fc.asyncProperty(terms, async (wanted) => {
      const grant = await signGrant(signer, wanted)
      const { id, roles, services, uses, expiresAt } = wanted
      const issuer = publicKeyOf(vectorInput.privateKey)
      expect(hex(grant)).toBe(hex(grantOf([id, issuer, roles, services ?? null, uses, expiresAt])))
      expect(await readGrant(grant)).toEqual({ ...wanted, issuer: new Uint8Array(issuer) })
    }),
    { numRuns: 200 },
  )
})

test('any ticket comes back as it was formatted, and is the text of the reference', async () => {
  await fc.assert(
    fc.asyncProperty(ticket, fc.option(terms), async (plain, grantTerms) => {
      const wanted = grantTerms === null ? plain : await withGrant(plain, grantTerms)
      const { addresses, secret, grant, expected } = wanted
      const fields = [secret, grant?.bytes, grant?.psk, expected].map((field): Value => field ?? null)
      const text = ticketOf([addresses, ...fields])
      expect(formatTicket(wanted)).toBe(text)
      expect(parseTicket(text)).toEqual(wanted)
      expect(text).toMatch(/^[A-Za-z0-9._-]{1,2048}$/)
    }),
    { numRuns: 200 },
  )
})

async function withGrant({ secret: _, ...plain }: Ticket, grantTerms: NewGrantTerms): Promise<Ticket> {
  const bytes = new Uint8Array(await signGrant(signer, grantTerms))
  return { ...plain, grant: { bytes, psk: new Uint8Array(await grantPsk(counting(7), grantTerms.id)) } }
}

const anyBytes = fc.uint8Array({ maxLength: 600, size: 'max' })
/** Changes of some bytes, a cut, and bytes behind it. */
const mutation = fc.record({
  changes: fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 3 }),
  length: fc.option(fc.nat({ max: 400 })),
  appended: fc.uint8Array({ maxLength: 40 }),
})

function mutated(
  whole: Uint8Array,
  change: typeof mutation extends fc.Arbitrary<infer T> ? T : never,
): Uint8Array {
  const copy = new Uint8Array(whole)
  for (const [at, value] of change.changes) copy[at % copy.length] = value
  return Buffer.concat([copy.subarray(0, change.length ?? copy.length), change.appended])
}

test('any bytes, and any changed grant, are refused with a code', async () => {
  const hostile = fc.oneof(
    anyBytes,
    anyBytes.map((message) => Buffer.concat([Uint8Array.of(1), message, signatureOf(message)])),
    mutation.map((change) => mutated(vectorGrant, change)),
  )
  await fc.assert(
    fc.asyncProperty(hostile, async (bytes) => {
      if (hex(bytes) === hex(vectorGrant)) return
      expect(await codeOf(readGrant(bytes))).toMatch(/^ASTRA_ERR_TICKET_(INVALID|FORGED)$/)
    }),
    { numRuns: 1_500 },
  )
})

test('a changed grant that its issuer signs all the same is refused, or has one encoding', async () => {
  const message = vectorGrant.subarray(1, -64)
  await fc.assert(
    fc.asyncProperty(mutation, async (change) => {
      const changed = mutated(message, change)
      const grant = Buffer.concat([Uint8Array.of(1), changed, signatureOf(changed)])
      const read = await readGrant(grant).catch((error: { code?: string }) => error.code)
      if (typeof read !== 'object') {
        expect(read).toMatch(/^ASTRA_ERR_TICKET_(INVALID|FORGED)$/)
        return
      }
      const { id, issuer, roles, services, uses, expiresAt } = read
      expect(hex(grant)).toBe(hex(grantOf([id, issuer, roles, services ?? null, uses, expiresAt])))
    }),
    { numRuns: 1_500 },
  )
})

test('any text is refused with a code, or is one ticket only', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.string({ unit: 'grapheme-ascii', maxLength: 300 }).map((rest) => `astranet-ticket-1.${rest}`),
    anyBytes.map((bytes) => `astranet-ticket-1.${Buffer.from(bytes).toString('base64url')}`),
    anyBytes.map(wrap),
    mutation
      .map((change) => mutated(Buffer.from(grantTicket), change))
      .map((bytes) => Buffer.from(bytes).toString()),
    mutation
      .map((change) => mutated(Buffer.from(grantTicket.slice(18), 'base64url').subarray(7), change))
      .map(wrap),
  )
  fc.assert(
    fc.property(text, (each) => {
      let found: Ticket
      try {
        found = parseTicket(each)
      } catch (error) {
        expect(error).toMatchObject({ code: 'ASTRA_ERR_TICKET_INVALID' })
        return
      }
      expect(formatTicket(found)).toBe(each.replace(/\s/g, ''))
    }),
    { numRuns: 3_000 },
  )
})
