import { describe, expect, test } from 'vitest'
import { formatTicket, MAX_TICKET_CHARACTERS, parseTicket, signGrant, type Ticket } from '../src/index.js'
import { counting, flipped, hex } from './support/bytes.js'
import { identityOf } from './support/identities.js'
import { messageOf, msgpack, prefixed, ticketOf, vectorInput, wrap, type Value } from './support/reference.js'
import { grantTicket, issuer, secretTicket, vectorGrant, vectorPsk, vectorTerms } from './support/vectors.js'

const PREFIX = 'astranet-ticket-1.'
const CHARACTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** The message of the `ASTRA_ERR_TICKET_INVALID` with which a text is refused. */
function faultOf(text: string): string {
  try {
    parseTicket(text)
  } catch (error) {
    expect(error).toMatchObject({ code: 'ASTRA_ERR_TICKET_INVALID' })
    return (error as Error).message
  }
  return 'none'
}

const tickets = [
  ['with a grant', grantTicket],
  ['with the secret', secretTicket],
] as const

describe.each(tickets)('a ticket %s', (_, ticket) => {
  test('is called cut off at every length', () => {
    for (let length = 1; length < ticket.length; length++)
      expect([length, faultOf(ticket.slice(0, length))]).toEqual([
        length,
        expect.stringContaining('was cut off'),
      ])
    expect(faultOf(ticket.slice(0, 100))).toContain(`it has 100 of its ${ticket.length} characters`)
  })

  test('is called changed for every other character at every place', () => {
    for (let place = PREFIX.length; place < ticket.length; place++)
      for (const character of CHARACTERS) {
        if (character === ticket[place]) continue
        const changed = ticket.slice(0, place) + character + ticket.slice(place + 1)
        const fault = faultOf(changed)
        if (!fault.includes('was changed when it was copied')) expect([place, character, fault]).toEqual([])
      }
  })

  test('is called changed for a character that tickets do not have, without quoting it', () => {
    for (const character of ['=', '+', '/', '.', '\u0000', 'é', '…', '😀'])
      for (const place of [PREFIX.length, 30, ticket.length - 1]) {
        const fault = faultOf(ticket.slice(0, place) + character + ticket.slice(place + 1))
        expect(fault).toContain(`changed when it was copied: character ${place + 1} is one`)
        expect(fault).not.toContain(`"${character}"`)
      }
  })

  test('is refused for every other beginning', () => {
    for (let place = 0; place < PREFIX.length; place++)
      for (const character of ['0', '2', 'A', 'z', '.', '-', '€']) {
        if (character === PREFIX[place]) continue
        const changed = ticket.slice(0, place) + character + ticket.slice(place + 1)
        expect(faultOf(changed)).toMatch(
          /^This (is not a ticket, or its beginning was changed|ticket has version)/,
        )
      }
    expect(faultOf(ticket.replace('-1.', '-2.'))).toContain(
      'version 2, and this program reads version 1: update',
    )
  })

  test('is refused for every flipped bit behind its beginning', () => {
    const bytes = Buffer.from(ticket.slice(PREFIX.length), 'base64url')
    for (let bit = 0; bit < 8 * bytes.length; bit++) {
      const text = PREFIX + Buffer.from(flipped(bytes, bit)).toString('base64url')
      const fault = faultOf(text)
      if (!fault.includes('was changed when it was copied')) expect([bit, fault]).toEqual([])
    }
  })

  test('is refused with more characters behind it, with one less in it, and with two changed places', () => {
    for (const more of ['A', 'AA', 'AAA', 'AAAA', ticket.slice(PREFIX.length)])
      expect(faultOf(ticket + more)).toMatch(/has more characters than|was changed/)
    for (let place = PREFIX.length; place < ticket.length; place++)
      expect(faultOf(ticket.slice(0, place) + ticket.slice(place + 1))).toMatch(/was cut off|was changed/)
    for (let place = PREFIX.length; place < ticket.length - 1; place++) {
      const [a = '', b = ''] = [ticket[place], ticket[place + 1]]
      if (a === b) continue
      const swapped = ticket.slice(0, place) + b + a + ticket.slice(place + 2)
      expect([place, faultOf(swapped)]).toEqual([
        place,
        expect.stringMatching(/cut off|changed|more characters/),
      ])
    }
  })

  test('is read with white space around it and line breaks in it', () => {
    const wrapped = `\n  ${ticket.replace(/(.{40})/g, '$1\r\n\t')}  \n`
    expect(parseTicket(wrapped)).toEqual(parseTicket(ticket))
  })

  test('says nothing of its secrets in any error', () => {
    for (const text of [ticket.slice(0, -5), `${ticket}AAAA`, ticket.replace('1.A', '1.B')]) {
      const fault = faultOf(text)
      expect(fault).not.toContain(vectorInput.secret)
      expect(fault).not.toContain(ticket.slice(40, 60))
    }
  })
})

const content = [vectorInput.addresses, null, vectorGrant, vectorPsk, issuer] as const

/** The content of the vector with a grant, with some fields replaced by their places. */
function fields(changes: Readonly<Record<number, Value>>): Value[] {
  return content.map((field, index) => (index in changes ? changes[index]! : field))
}

describe('parseTicket', () => {
  test.each([
    ['', 'is empty'],
    ['   \n', 'is empty'],
    ['hello', 'is not a ticket'],
    ['tcp://127.0.0.1:4433', 'is not a ticket'],
    [`${PREFIX}${'A'.repeat(MAX_TICKET_CHARACTERS)}`, 'longer than the 2048'],
    [' '.repeat(9_000), 'longer than the 2048'],
    [ticketOf('x'.repeat(1_600)), 'longer than the 2048'],
    [`${PREFIX}____________`, 'was cut off'],
  ])('says what a text is that is no ticket (%#)', (text, fault) => {
    expect(faultOf(text)).toContain(fault)
  })

  const body = messageOf(content)
  test.each([
    ['bytes behind the message', Buffer.concat([body, Uint8Array.of(0xc0)])],
    ['half a message', body.subarray(0, 40)],
    ['a longer varint', Buffer.concat([Uint8Array.of(0x80, 0, 1, 0x13), body.subarray(2)])],
    ['a longer array header', prefixed(Buffer.concat([Uint8Array.of(0xdc, 0, 5), body.subarray(3)]))],
    ['33 levels', prefixed(Buffer.concat([Buffer.alloc(33, 0x91), Uint8Array.of(0xc0)]))],
    ['1,400 levels', prefixed(Buffer.concat([Buffer.alloc(1_400, 0x91), Uint8Array.of(0xc0)]))],
    ['an array of 2^32 - 1', prefixed(Buffer.from('ddffffffff', 'hex'))],
    ['bytes of 2^32 - 1', prefixed(Buffer.from('95c6ffffffff00', 'hex'))],
    ['a text of 2^32 - 1', prefixed(Buffer.from('95dbffffffff00', 'hex'))],
    ['a message of 2^62 - 1', Buffer.from('ffffffffffffffff', 'hex')],
    [
      'the key __proto__',
      prefixed(Buffer.concat([Uint8Array.of(0x81), msgpack('__proto__'), body.subarray(2)])),
    ],
    ['a map', prefixed(Buffer.from('81a16101', 'hex'))],
    ['nothing', new Uint8Array(0)],
    ['six fields', messageOf([...content, null])],
    ['four fields', messageOf(content.slice(0, 4))],
    ['no address', messageOf(fields({ 0: [] }))],
    ['17 addresses', messageOf(fields({ 0: Array.from({ length: 17 }, () => 'tcp://a') }))],
    ['an address without a network', messageOf(fields({ 0: ['example.com:1'] }))],
    ['an address with a space', messageOf(fields({ 0: ['tcp://a b'] }))],
    ['an address of 256 characters', messageOf(fields({ 0: [`tcp://${'a'.repeat(250)}`] }))],
    ['secret and grant', messageOf(fields({ 1: vectorInput.secret }))],
    ['a short secret', messageOf([['tcp://a'], 'x'.repeat(15), null, null, null])],
    ['a secret with a line break', messageOf([['tcp://a'], `${'x'.repeat(20)}\n`, null, null, null])],
    ['a secret of 513 bytes', messageOf([['tcp://a'], `${'é'.repeat(256)}x`, null, null, null])],
    ['a grant without psk', messageOf(fields({ 3: null }))],
    ['a psk without grant', messageOf(fields({ 2: null }))],
    ['a psk of 31 bytes', messageOf(fields({ 3: counting(1, 31) }))],
    ['a grant cut off', messageOf(fields({ 2: vectorGrant.subarray(0, 100) }))],
    ['an expected key of 8 bytes', messageOf(fields({ 4: counting(1, 8) }))],
    ['an expected key of low order', messageOf(fields({ 4: new Uint8Array(32) }))],
  ])('says that a ticket with %s was made wrong', (_, bytes) => {
    expect(faultOf(wrap(bytes))).toMatch(
      /^This ticket arrived whole, but was made wrong: .*Ask for another ticket\.$/,
    )
  })

  test('throws a TypeError for what is not a string', () => {
    expect(() => parseTicket(undefined as never)).toThrow(/"text" argument must be of type string/)
  })

  test('leaves the signature of a grant to readGrant', () => {
    const forged = new Uint8Array(flipped(vectorGrant, 8 * vectorGrant.length - 1))
    const { grant } = parseTicket(ticketOf(fields({ 2: forged })))
    expect(hex(grant?.bytes ?? new Uint8Array(0))).toBe(hex(forged))
  })
})

describe('formatTicket', () => {
  const grant = { bytes: vectorGrant, psk: vectorPsk }
  const [address = ''] = vectorInput.addresses
  test.each<[string, unknown, typeof TypeError | typeof RangeError]>([
    ['ticket.addresses', {}, TypeError],
    ['ticket.addresses', { addresses: [] }, RangeError],
    ['ticket.addresses[1]', { addresses: [address, 7] }, TypeError],
    ['ticket.addresses[1]', { addresses: [address, 'tcp://'] }, RangeError],
    ['ticket.secret', { addresses: [address], secret: vectorInput.secret, grant }, TypeError],
    ['ticket.secret', { addresses: [address], secret: 'too short' }, RangeError],
    ['ticket.secret', { addresses: [address], secret: ` ${vectorInput.secret}` }, RangeError],
    ['ticket.secret', { addresses: [address], secret: `${vectorInput.secret}\ud800` }, RangeError],
    ['ticket.secret', { addresses: [address], secret: 5 }, TypeError],
    ['ticket.grant', { addresses: [address], grant: 'x' }, TypeError],
    ['ticket.grant.bytes', { addresses: [address], grant: { psk: vectorPsk } }, TypeError],
    ['ticket.grant.bytes', { addresses: [address], grant: { ...grant, bytes: counting(1) } }, RangeError],
    ['ticket.grant.psk', { addresses: [address], grant: { bytes: vectorGrant } }, TypeError],
    ['ticket.expected', { addresses: [address], expected: counting(1, 8) }, RangeError],
    ['ticket.expected', { addresses: [address], expected: new Uint8Array(32) }, RangeError],
  ])('throws when %s is wrong (%#)', (name, ticket, kind) => {
    let error: unknown
    try {
      formatTicket(ticket as Ticket)
    } catch (reason) {
      error = reason
    }
    expect(error).toBeInstanceOf(kind)
    expect((error as Error).message).toContain(`"${name}"`)
    expect((error as Error).message).not.toContain(vectorInput.secret)
  })

  test('makes a ticket of an open network, without an expected node', () => {
    const open = { addresses: ['unix:///run/astranet.sock'] }
    expect(parseTicket(formatTicket(open))).toEqual(open)
  })

  test('makes tickets of at most 2,048 characters, which are read', async () => {
    const signer = await identityOf(vectorInput.privateKey)
    const sized = async (length: number): Promise<Ticket> => {
      const services = [...Array.from({ length: 5 }, () => 'a'.repeat(220)), 'a'.repeat(length)]
      const bytes = await signGrant(signer, { ...vectorTerms, services })
      return { addresses: [address], grant: { bytes, psk: vectorPsk } }
    }
    let length = 32
    while (ticketLength(await sized(length + 1)) <= MAX_TICKET_CHARACTERS) length++
    const text = formatTicket(await sized(length))
    expect(text.length).toBeGreaterThan(MAX_TICKET_CHARACTERS - 3)
    expect(formatTicket(parseTicket(text))).toBe(text)
    const larger = await sized(length + 1)
    expect(() => formatTicket(larger)).toThrow(/"ticket".* at most 2048 characters.* Received 20(49|5\d)$/)
  })
})

/** How many characters the ticket takes, by the reference: `formatTicket` refuses those that are too long. */
function ticketLength({ addresses, grant }: Ticket): number {
  return ticketOf([addresses, null, grant?.bytes ?? null, grant?.psk ?? null, null]).length
}
