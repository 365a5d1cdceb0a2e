import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { LinkGrant, LinkOptions, LinkPair, LinkRole } from '@astranet/link'
import type { PipeSecurity } from '@astranet/interface'
import { memoryPipe } from './support/memory-pipe.js'
import { Side } from './support/side.js'
import { VirtualClock } from './support/virtual-clock.js'

const psk = new Uint8Array(32).fill(7)
const grantId = Uint8Array.from({ length: 16 }, (_, index) => index)
const grant: LinkGrant = { id: grantId, psk: pskOf(grantId), bytes: new Uint8Array(300).fill(5) }

/** As spec section 4.1 defines it. */
function pskOf(id: Uint8Array): Uint8Array {
  return createHmac('sha256', psk).update('astranet grant psk 1').update(id).digest()
}

interface Pair {
  readonly clock: VirtualClock
  readonly dialer: Side
  readonly acceptor: Side
}

/** A dialer and an acceptor, 12 seconds later. */
async function meet(
  dialer: Partial<LinkOptions>,
  acceptor: Partial<LinkOptions>,
  securities: [PipeSecurity | undefined, PipeSecurity | undefined] = [undefined, undefined],
): Promise<Pair> {
  const clock = new VirtualClock()
  const ends = memoryPipe(clock)
  for (const [index, end] of ends.entries()) Object.assign(end, { security: securities[index] })
  const sides = {
    clock,
    dialer: new Side(ends[0], { id: 1n, clock, role: 'dialer', ...dialer }),
    acceptor: new Side(ends[1], { id: 2n, clock, role: 'acceptor', ...acceptor }),
  }
  sides.dialer.link.start()
  sides.acceptor.link.start()
  await clock.pass(12_000)
  return sides
}

function isOpen({ dialer, acceptor }: Pair): boolean {
  return dialer.link.isOpen && acceptor.link.isOpen
}

describe('a secret', () => {
  it.each<[string, Partial<LinkOptions>, Partial<LinkOptions>]>([
    ['only the dialer has', { psk }, {}],
    ['only the acceptor has', {}, { psk }],
    ['is another one on the other side', { psk }, { psk: new Uint8Array(32).fill(8) }],
  ])('that %s keeps both apart, and both say why', async (_, one, other) => {
    const { clock, dialer, acceptor } = await meet(one, other)
    for (const side of [dialer, acceptor]) {
      expect(side.opened).toEqual([])
      expect(side.closes).toMatchObject([{ code: 'ASTRA_ERR_LINK_AUTHENTICATION' }])
    }
    expect(clock.timers).toBe(0)
  })

  it('that both have lets them in, given at once or by a promise', async () => {
    const later = async (): Promise<Uint8Array> => psk
    for (const one of [psk, later]) {
      for (const other of [psk, later]) expect(isOpen(await meet({ psk: one }, { psk: other }))).toBe(true)
    }
  })

  it('that cannot be had ends the link with the reason', async () => {
    const broken = (): Promise<Uint8Array> => Promise.reject(new Error('no such file'))
    for (const options of [
      [{ psk: broken }, { psk }],
      [{ psk }, { psk: broken }],
    ] as const) {
      const { dialer, acceptor } = await meet(options[0], options[1])
      const ends = [dialer, acceptor].map(({ closes }) => closes)
      expect(ends.map(({ length }) => length)).toEqual([1, 1])
      const own = options[0].psk === broken ? ends[0] : ends[1]
      expect(own).toMatchObject([{ code: 'ASTRA_ERR_LINK_INTERNAL' }])
      expect((own?.[0] as Error).message).toContain('no such file')
    }
  })
})

describe('a grant', () => {
  it('lets a dialer in that does not have the secret, and is given to admit with its id', async () => {
    const pair = await meet({ grant }, { psk })
    expect(isOpen(pair)).toBe(true)
    expect(pair.acceptor.link.remote).toMatchObject({ grant: grant.bytes, grantId })
    expect(pair.acceptor.link.peer?.grant).toEqual(grant.bytes)
    expect(pair.dialer.link.remote).not.toHaveProperty('grant')
  })

  it('beside the secret is only shown', async () => {
    const pair = await meet({ grant, psk }, { psk })
    expect(isOpen(pair)).toBe(true)
    expect(pair.acceptor.link.remote).toMatchObject({ grant: grant.bytes })
    expect(pair.acceptor.link.remote).not.toHaveProperty('grantId')
  })

  it.each<[string, LinkGrant, Partial<LinkOptions>]>([
    ['with the id of another one', { ...grant, id: grantId.with(0, 9) }, { psk }],
    ['with another secret', { ...grant, psk: new Uint8Array(32) }, { psk }],
    ["with the network's secret in place of its own", { ...grant, psk }, { psk }],
    ['of another network', grant, { psk: new Uint8Array(32).fill(8) }],
    ['at a node that has no secret', grant, {}],
  ])('%s lets nobody in', async (_, wrong, acceptor) => {
    const pair = await meet({ grant: wrong }, acceptor)
    for (const side of [pair.dialer, pair.acceptor])
      expect(side.closes).toMatchObject([{ code: 'ASTRA_ERR_LINK_AUTHENTICATION' }])
  })
})

describe('a secret of the two sides', () => {
  const shared = (): Promise<Uint8Array> => Promise.resolve(new Uint8Array(32).fill(9))
  const [keyId, otherKeyId] = [new Uint8Array(16).fill(1), new Uint8Array(16).fill(2)]
  const [shown, otherShown] = [new Uint8Array(200).fill(3), new Uint8Array(100).fill(4)]

  /** Both came in by a grant. */
  const [one, other]: LinkPair[] = [
    { psk: shared, ownGrant: shown, peerKeyId: otherKeyId },
    { psk: shared, ownGrant: otherShown, peerKeyId: keyId },
  ]
  const none: LinkPair = { psk: shared, ownGrant: undefined, peerKeyId: undefined }

  it.each<[LinkRole, LinkRole]>([
    ['dialer', 'acceptor'],
    ['either', 'either'],
    ['acceptor', 'either'],
    ['acceptor', 'dialer'],
  ])('lets a %s and a %s in, and gives admit the grant of each', async (role, otherRole) => {
    const pair = await meet({ role, pair: one }, { role: otherRole, pair: other })
    expect(isOpen(pair)).toBe(true)
    expect(pair.acceptor.link.remote).toMatchObject({ grant: shown, grantKeyId: keyId })
    expect(pair.dialer.link.remote).toMatchObject({ grant: otherShown, grantKeyId: otherKeyId })
    for (const side of [pair.dialer, pair.acceptor]) expect(side.link.remote).not.toHaveProperty('grantId')
  })

  it("comes before the network's secret and the dialer's own grant", async () => {
    const pair = await meet({ psk, grant, pair: none }, { psk: new Uint8Array(32), pair: none })
    expect(isOpen(pair)).toBe(true)
    for (const side of [pair.dialer, pair.acceptor]) expect(side.link.remote).not.toHaveProperty('grant')
  })

  it.each<[string, Partial<LinkOptions>, Partial<LinkOptions>]>([
    ['is another one on the other side', { pair: none }, { pair: { ...none, psk: async () => psk } }],
    ['only the acceptor has', { psk }, { pair: none }],
    ['only the dialer has', { pair: none }, { psk }],
    ['a peer without any secret meets', {}, { pair: none }],
  ])('that %s lets nobody in', async (_, dialer, acceptor) => {
    const pair = await meet(dialer, acceptor)
    for (const side of [pair.dialer, pair.acceptor])
      expect(side.closes).toMatchObject([{ code: 'ASTRA_ERR_LINK_AUTHENTICATION' }])
  })

  it('does not take a peer that shows no grant, or names one in its preamble', async () => {
    const silent = await meet({ pair: { ...one, ownGrant: undefined } as LinkPair }, { pair: other })
    expect(silent.acceptor.closes).toMatchObject([{ code: 'ASTRA_ERR_LINK_PROTOCOL' }])
    const answering = await meet({ pair: one }, { pair: { ...other, ownGrant: undefined } as LinkPair })
    expect(answering.dialer.closes).toMatchObject([{ code: 'ASTRA_ERR_LINK_PROTOCOL' }])
    const naming = await meet({ grant: { ...grant, psk: await shared() } }, { pair: none })
    expect(naming.acceptor.closes).toMatchObject([{ code: 'ASTRA_ERR_LINK_PROTOCOL' }])
  })

  it.each([
    [{ psk: new Uint8Array(32) }, /^The "options\.pair\.psk" property must be of type function/],
    [
      { psk: shared, ownGrant: new Uint8Array(0) },
      /^The value of "options\.pair\.ownGrant" is out of range\. It must be 1 to 2048 bytes/,
    ],
    [
      { psk: shared, ownGrant: new Uint8Array(2_049) },
      /^The value of "options\.pair\.ownGrant" is out of range\. It must be 1 to 2048 bytes/,
    ],
    [
      { psk: shared, peerKeyId: new Uint8Array(17) },
      /^The value of "options\.pair\.peerKeyId" is out of range\. It must be 16 bytes/,
    ],
  ])('as %o is a mistake of the caller', (wrong, words) => {
    const clock = new VirtualClock()
    const [end] = memoryPipe(clock)
    expect(
      () => new Side(end, { id: 1n, clock, role: 'dialer', pair: wrong as unknown as LinkPair }),
    ).toThrow(words)
  })
})

describe('the pipe behind the handshake', () => {
  const exporting = (value: number): PipeSecurity => ({
    isPrivate: false,
    exportKeyingMaterial: (length, label) =>
      label === 'EXPORTER-astranet-1' ? new Uint8Array(length).fill(value) : new Uint8Array(length),
    certificate: { der: Uint8Array.of(1), fingerprint256: 'AA', subject: 'CN=x' },
  })
  const secret: PipeSecurity = { isPrivate: true }
  const open: PipeSecurity = { isPrivate: false }
  const always: Partial<LinkOptions> = { encryption: 'always' }
  const throwing: PipeSecurity = {
    isPrivate: false,
    exportKeyingMaterial: () => {
      throw new Error('closed')
    },
  }

  it.each<[string, [PipeSecurity | undefined, PipeSecurity | undefined], [object, object], string]>([
    ['nothing is known of', [undefined, undefined], [{}, {}], 'encrypted'],
    ['is open to others', [open, open], [{}, {}], 'encrypted'],
    ['both ends call private', [secret, secret], [{}, {}], 'private'],
    ['only the dialer calls private', [secret, open], [{}, {}], 'encrypted'],
    ['only the acceptor calls private', [undefined, secret], [{}, {}], 'encrypted'],
    ['is private, and the dialer insists', [secret, secret], [always, {}], 'encrypted'],
    ['is private, and the acceptor insists', [secret, secret], [{}, always], 'encrypted'],
    ['has one TLS', [exporting(3), exporting(3)], [{}, {}], 'tls'],
    ['has one TLS, and a side insists', [exporting(3), exporting(3)], [{}, always], 'encrypted'],
    ['has a TLS that ends in between', [exporting(3), exporting(4)], [{}, {}], 'encrypted'],
    ['has a TLS that one end does not see', [exporting(3), open], [{}, {}], 'encrypted'],
    ['has a TLS that is closed', [throwing, throwing], [{}, {}], 'encrypted'],
  ])('that %s is %4$s', async (_, securities, options, security) => {
    for (const shared of [{}, { psk }]) {
      const pair = await meet({ ...shared, ...options[0] }, { ...shared, ...options[1] }, securities)
      expect(isOpen(pair)).toBe(true)
      expect([pair.dialer, pair.acceptor].map(({ link }) => link.remote?.security)).toEqual([
        security,
        security,
      ])
    }
  })

  it.each<[string, [string, string], [string, string], string]>([
    ['agree', ['127.0.0.1:1', '127.0.0.1:2'], ['127.0.0.1:2', '127.0.0.1:1'], 'private'],
    ['agree in other forms', ['127.0.0.1:1', '[::1]:2'], ['[0::1]:2', '[::ffff:127.0.0.1]:1'], 'private'],
    ['agree about one end only', ['127.0.0.1:1', '127.0.0.1:2'], ['127.0.0.1:3', '127.0.0.1:1'], 'encrypted'],
    [
      'agree about the other end only',
      ['127.0.0.1:1', '127.0.0.1:2'],
      ['127.0.0.1:2', '127.0.0.1:3'],
      'encrypted',
    ],
    ['are of TCP at one end only', ['127.0.0.1:1', '127.0.0.1:2'], ['', ''], 'encrypted'],
    ['are paths', ['', '/run/a'], ['/run/b', ''], 'private'],
  ])(
    'that both ends call private, and whose addresses %s, is %4$s',
    async (_, dialer, acceptor, security) => {
      const ended = ([local, remote]: [string, string]): PipeSecurity => ({
        isPrivate: true,
        ends: { local, remote },
      })
      const pair = await meet({}, {}, [ended(dialer), ended(acceptor)])
      expect([pair.dialer, pair.acceptor].map(({ link }) => link.remote?.security)).toEqual([
        security,
        security,
      ])
    },
  )

  it('carries the certificate of TLS only where TLS ends at the peer', async () => {
    const same = await meet({}, {}, [exporting(3), exporting(3)])
    expect(same.dialer.link.remote?.certificate?.subject).toBe('CN=x')
    const proxied = await meet({}, {}, [exporting(3), exporting(4)])
    expect(proxied.dialer.link.remote).not.toHaveProperty('certificate')
  })
})
