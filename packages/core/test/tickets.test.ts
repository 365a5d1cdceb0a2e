import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { LinkError, type LinkGrant } from '@astranet/link'
import { generateIdentity, generateIdentitySync } from '@astranet/secure'
import { CLOCK_TOLERANCE_MS, formatTicket, parseTicket, readGrant, signGrant } from '@astranet/ticket'
import { memory } from '@astranet/transport-memory'
import { expect, test } from 'vitest'
import { AstraNet, generateSecret, type AstraNetOptions, type Transport } from '../src/index.js'
import { rawLink } from './raw-link.js'
import { closing, failure, Proxy, SkipClock, textOf, unreliable, until } from './support.js'

const secret = generateSecret()

interface Granting extends AsyncDisposable {
  readonly node: AstraNet
  readonly address: string
}

/** A node with a secret that listens, and offers `hello`. */
async function granting(options: AstraNetOptions = {}): Promise<Granting> {
  const node = new AstraNet({ secret, ...options })
  const { address } = await node.listenAndServe('tcp4', '127.0.0.1:0', { onError() {} })
  const listener = await node.bind('', 'hello')
  listener.on('connection', (socket) => socket.on('error', () => {}).end('hello'))
  return { node, address, [Symbol.asyncDispose]: () => node.close() }
}

/** What a new node gets of a dial after it has joined by the ticket. */
async function helloBy(ticket: string, options: AstraNetOptions = {}): Promise<string> {
  await using holder = new AstraNet(options)
  await holder.join(ticket)
  return await textOf(await holder.dial('', 'hello'))
}

async function refusalOf(ticket: string, options: AstraNetOptions = {}): Promise<Error & { code?: string }> {
  await using holder = new AstraNet(options)
  return await failure(holder.join(ticket))
}

test('a ticket with the secret, or with a grant, lets a node in that knows nothing else', async () => {
  await using host = await granting()
  const withSecret = await host.node.ticket({ secret: true })
  expect(await helloBy(withSecret)).toBe('hello')
  const withGrant = await host.node.ticket({ grant: {} })
  expect(await helloBy(` ${withGrant}\n`)).toBe('hello')
  expect(parseTicket(withGrant).addresses).toEqual([`tcp4://${host.address}`])
})

test('a ticket with neither lets in those that know the secret, and those of an open network', async () => {
  await using host = await granting()
  const ticket = await host.node.ticket()
  expect(await helloBy(ticket, { secret })).toBe('hello')
  expect(await refusalOf(ticket)).toMatchObject({ code: 'ASTRA_ERR_LINK_AUTHENTICATION' })
  await using open = await granting({ secret: undefined as never })
  expect(await helloBy(await open.node.ticket())).toBe('hello')
})

test("a ticket is for its own links only, and comes before the node's own secret", async () => {
  await using host = await granting()
  await using holder = new AstraNet({ secret: generateSecret() })
  await holder.join(await host.node.ticket({ grant: {} }))
  expect(await failure(holder.join('tcp', host.address))).toMatchObject({
    code: 'ASTRA_ERR_LINK_AUTHENTICATION',
  })
})

test('a node that came in by a grant comes again by it when its link is lost', async () => {
  await using host = await granting()
  await using proxy = await Proxy.to(host.address)
  const ticket = await host.node.ticket({ addresses: [`tcp4://${proxy.address}`], grant: { uses: 1 } })
  await using holder = new AstraNet()
  await holder.join(ticket)
  proxy.cut()
  await until(() => proxy.connections === 2 && holder.routes().length === 1)
  expect(await textOf(await holder.dial('', 'hello'))).toBe('hello')
})

test('a grant that is used up says so to the next node, with a code, and lets the first one in again', async () => {
  await using host = await granting()
  const ticket = await host.node.ticket({ grant: { uses: 2 } })
  const identities = [await generateIdentity(), await generateIdentity()]
  for (const identity of identities) expect(await helloBy(ticket, { identity })).toBe('hello')
  const refusal = await refusalOf(ticket)
  expect(refusal).toMatchObject({ code: 'ASTRA_ERR_TICKET_USED_UP' })
  expect(refusal.message).toMatch(/^This grant lets 2 nodes in, and others have used it/)
  expect(refusal.cause).toMatchObject({ name: 'LinkError', code: 'ASTRA_ERR_LINK_REFUSED' })
  for (const identity of identities) expect(await helloBy(ticket, { identity })).toBe('hello')
})

test('a node that may not come again is told each time, on a diagnostics channel', async () => {
  await using host = await granting()
  await using proxy = await Proxy.to(host.address)
  await using holder = new AstraNet()
  const addresses = [`tcp4://${proxy.address}`]
  await holder.join(await host.node.ticket({ addresses, grant: {} }))
  const failed: unknown[] = []
  const onFailed = (message: unknown): void => void failed.push(message)
  subscribe('astranet:join:failed', onFailed)
  try {
    await host.node.setPolicy({ mayLink: () => false, default: 'allow' })
    proxy.cut()
    await until(() => failed.length === 2)
  } finally {
    unsubscribe('astranet:join:failed', onFailed)
  }
  const error = { code: 'ASTRA_ERR_LINK_REFUSED', message: expect.stringContaining('"mayLink"') }
  expect(failed).toMatchObject([
    { nodeId: host.node.nodeId, error },
    { nodeId: host.node.nodeId, error },
  ])
})

test('the roles of a grant are those of its holder, and its services what the holder may dial', async () => {
  await using host = await granting()
  const who = await host.node.bind('', 'who')
  who.on('connection', (socket) => socket.on('error', () => {}).end(socket.remoteIdentity?.roles.join()))
  await host.node.bind('', 'secret')
  await using holder = new AstraNet()
  await holder.join(
    await host.node.ticket({ grant: { roles: ['guest', 'reader'], services: ['w*', 'hello'] } }),
  )
  expect(await textOf(await holder.dial('', 'who'))).toBe('guest,reader')
  expect(await failure(holder.dial('', 'secret'))).toMatchObject({ code: 'EACCES' })
  await using member = new AstraNet({ secret })
  await member.join('tcp4', host.address)
  expect(await textOf(await member.dial('', 'who'))).toBe('')
})

test('a node that the policy refuses does not use up a grant, and the policy sees the roles of the grant', async () => {
  const asked: unknown[] = []
  const policy = {
    default: 'allow' as const,
    mayLink: ({ roles }: { readonly roles: readonly string[] }) => {
      asked.push([...roles])
      return false
    },
  }
  await using host = await granting({ policy })
  const ticket = await host.node.ticket({ grant: { roles: ['guest'], uses: 1 } })
  const refusal = await refusalOf(ticket)
  expect(refusal).toMatchObject({ code: 'ASTRA_ERR_LINK_REFUSED', message: expect.stringMatching(/mayLink/) })
  expect(asked).toEqual([['guest']])
  await host.node.setPolicy(undefined)
  expect(await helloBy(ticket)).toBe('hello')
  expect(await refusalOf(ticket)).toMatchObject({ code: 'ASTRA_ERR_TICKET_USED_UP' })
})

test('a grant whose time is over says so, with a code', async () => {
  await using host = await granting()
  const ticket = await host.node.ticket({ grant: { expiresInMs: 1_000 } })
  const { now } = Date
  Date.now = () => now() + CLOCK_TOLERANCE_MS + 1_001
  try {
    expect(await refusalOf(ticket)).toMatchObject({ code: 'ASTRA_ERR_TICKET_EXPIRED' })
  } finally {
    Date.now = now
  }
  expect(await helloBy(ticket)).toBe('hello')
})

test('a grant of a node that is not believed is refused with a code, and granters names those that are', async () => {
  await using granter = await granting()
  await using stranger = await granting()
  const grant = { roles: ['guest'] }
  const where = (host: Granting): { addresses: string[]; expected: Uint8Array } => ({
    addresses: [`tcp4://${host.address}`],
    expected: host.node.publicKey,
  })
  for (const granters of [[granter.node.publicKey], [granter.node.nodeId]]) {
    await using host = await granting({ granters })
    expect(await helloBy(await granter.node.ticket({ ...where(host), grant }))).toBe('hello')
    const refusal = await refusalOf(await stranger.node.ticket({ ...where(host), grant }))
    expect(refusal).toMatchObject({ code: 'ASTRA_ERR_TICKET_ISSUER' })
  }
})

test('a grant that its issuer has not signed is an error before anything is dialed', async () => {
  await using host = await granting()
  const { addresses, grant } = parseTicket(await host.node.ticket({ grant: {} }))
  const { bytes, psk } = grant as { bytes: Uint8Array; psk: Uint8Array }
  const forged = formatTicket({ addresses, grant: { psk, bytes: bytes.with(-1, (bytes.at(-1) ?? 0) ^ 1) } })
  expect(await refusalOf(forged)).toMatchObject({ code: 'ASTRA_ERR_TICKET_FORGED' })
})

/** Why a link that presents `grant` ends. */
async function ended(transport: Transport, grant: LinkGrant): Promise<Error | undefined> {
  const pipe = await transport.dial('memory', 'here')
  return await new Promise((resolve) => {
    rawLink(pipe, {
      role: 'dialer',
      grant,
      handler: {
        onOpen: (link) => link.destroy(new Error('it opened')),
        onClose: (_, error) => resolve(error),
      },
    })
  })
}

test('the key of one grant does not let another grant in, nor a forged one, nor something else', async () => {
  const transport = memory()
  await using host = new AstraNet({ secret, transports: [transport] })
  await host.listenAndServe('memory', 'here', { onError() {} })
  const grantOf = async (uses: number): Promise<LinkGrant> => {
    const ticket = parseTicket(await host.ticket({ grant: { uses } }))
    const { bytes, psk } = ticket.grant as { bytes: Uint8Array; psk: Uint8Array }
    const { id } = await readGrant(bytes)
    return { bytes, psk, id }
  }
  const [one, other] = [await grantOf(1), await grantOf(2)]
  const impostor = generateIdentitySync()
  const own = await signGrant(impostor, {
    id: one.id,
    roles: ['admin'],
    uses: 1,
    expiresAt: Date.now() + 60_000,
  })
  const last = (one.bytes.at(-1) ?? 0) ^ 1
  const attempts: [Uint8Array, RegExp][] = [
    [other.bytes, /ASTRA_ERR_TICKET_FORGED: The handshake was made with the key of another grant/],
    [one.bytes.with(-1, last), /ASTRA_ERR_TICKET_FORGED: The issuer that this grant names has not signed it/],
    [own, /ASTRA_ERR_TICKET_ISSUER/],
    [one.bytes.subarray(0, 20), /ASTRA_ERR_TICKET_INVALID/],
  ]
  for (const [bytes, message] of attempts)
    expect(await ended(transport, { ...one, bytes })).toMatchObject({
      code: 'ASTRA_ERR_LINK_REFUSED',
      message: expect.stringMatching(message),
    })
  expect(await ended(transport, one)).toMatchObject({ message: 'it opened' })
})

test('a ticket that was cut off, or is none, says so and shows nothing of itself', async () => {
  await using host = await granting()
  const ticket = await host.node.ticket({ secret: true })
  await using holder = new AstraNet()
  for (let length = 0; length < ticket.length; length += 1) {
    const error = await failure(holder.join(ticket.slice(0, length)))
    expect(error).toMatchObject({ code: 'ASTRA_ERR_TICKET_INVALID' })
    expect(`${error.message}${error.stack ?? ''}`).not.toContain(ticket.slice(30, 60))
  }
  expect((await failure(holder.join(ticket, 'tcp4'))).message).not.toContain(ticket.slice(30, 60))
  expect(await failure(holder.join('tcp4', undefined as never))).toMatchObject({
    message: expect.stringMatching(/^The "address" argument must be of type string/),
  })
  expect(await failure(holder.join(5 as never))).toBeInstanceOf(TypeError)
})

test('another node at the address of a ticket is not joined', async () => {
  await using host = await granting()
  await using other = await granting()
  const ticket = await host.node.ticket({ addresses: [`tcp4://${other.address}`], secret: true })
  expect(await refusalOf(ticket)).toMatchObject({
    code: 'ASTRA_ERR_LINK_AUTHENTICATION',
    cause: { code: 'ASTRA_ERR_SECURE_PEER' },
  })
})

test('the addresses of a ticket are tried in turn, and networks that the node lacks are left out', async () => {
  await using host = await granting()
  const dead = 'tcp4://127.0.0.1:1'
  const addresses = ['carrier-pigeon://coop', dead, `tcp4://${host.address}`]
  expect(await helloBy(await host.node.ticket({ addresses, secret: true }))).toBe('hello')
  const none = await refusalOf(
    await host.node.ticket({ addresses: [dead, 'tcp://127.0.0.1:1'], secret: true }),
  )
  expect(none).toMatchObject({
    code: 'ECONNREFUSED',
    message: expect.stringMatching(/^none of the 2 addresses/),
  })
  const answered = await refusalOf(await host.node.ticket({ addresses: [dead, `tcp4://${host.address}`] }))
  expect(answered).toMatchObject({ code: 'ASTRA_ERR_LINK_AUTHENTICATION' })
  const foreign = await refusalOf(await host.node.ticket({ addresses: ['carrier-pigeon://coop'] }))
  expect(foreign.message).toMatch(
    /^The argument 'network' is not known; this node has "tcp", "tcp4", "tcp6", "unix", "ws", "wss"/,
  )
})

test('a join by a ticket finds the node at its second address when the first is gone', async () => {
  const clock = new SkipClock()
  const transport = unreliable(memory({ clock }))
  const host = new AstraNet({ clock, transports: [transport], secret })
  const endpoints = [await host.listenAndServe('memory', 'one'), await host.listenAndServe('memory', 'two')]
  const holder = new AstraNet({ clock, transports: [transport] })
  await holder.join(await host.ticket({ grant: {} }))
  await endpoints[0]?.close()
  transport.cut()
  await until(() => holder.routes().length === 0)
  await clock.advance(30_000)
  await until(() => holder.routes().length === 1)
  await Promise.all([closing(clock, holder), closing(clock, host)])
})

test('what a ticket cannot have is named', async () => {
  await using host = await granting()
  await using open = new AstraNet()
  const wrong = async (node: AstraNet, options: unknown): Promise<string> => {
    const error = await failure(node.ticket(options as never))
    expect([TypeError, RangeError].some((type) => error instanceof type)).toBe(true)
    return error.message
  }
  expect(await wrong(open, {})).toMatch(
    /^The property 'options\.addresses' must be given, because this node does not listen/,
  )
  const addresses = ['tcp4://127.0.0.1:1']
  expect(await wrong(open, { addresses, secret: true })).toMatch(/'options\.secret' must be false/)
  expect(await wrong(open, { addresses, grant: {} })).toMatch(/'options\.grant' must be left out/)
  expect(await wrong(host.node, { secret: true, grant: {} })).toMatch(
    /'options\.grant' must be left out of a ticket that has the secret/,
  )
  expect(await wrong(host.node, { secret: 'yes' })).toMatch(
    /^The "options\.secret" property must be of type boolean/,
  )
  expect(await wrong(host.node, { grant: { expiresInMs: 0 } })).toMatch(/"options\.grant\.expiresInMs"/)
  expect(await wrong(host.node, { grant: { expiresInMs: 2 ** 53 - 1 } })).toMatch(
    /"options\.grant\.expiresInMs"/,
  )
  expect(await wrong(host.node, { grant: { uses: 0 } })).toMatch(/"options\.grant\.uses"/)
  expect(await wrong(host.node, { grant: { roles: ['a b'] } })).toMatch(/"options\.grant\.roles\[0\]"/)
  const services = Array.from({ length: 32 }, (_, index) => `${index}${'x'.repeat(100)}`)
  expect(await wrong(host.node, { grant: { services } })).toMatch(/"options\.grant" is out of range/)
  expect(await wrong(host.node, { grant: null })).toMatch(
    /^The "options\.grant" property must be of type object/,
  )
  expect(await wrong(host.node, { addresses: ['localhost'] })).toMatch(/"options\.addresses\[0\]"/)
  expect(await wrong(host.node, { expected: new Uint8Array(5) })).toMatch(
    /"options\.expected" is out of range/,
  )
  await host.node.close()
  expect(await failure(host.node.ticket())).toMatchObject({ code: 'ERR_SOCKET_CLOSED' })
})

test('a link that is refused for another reason is a LinkError also where a grant was presented', async () => {
  await using host = await granting({ maxLinks: 1 })
  await using first = new AstraNet({ secret })
  await first.join('tcp4', host.address)
  const refusal = await refusalOf(await host.node.ticket({ grant: {} }))
  expect(refusal).toBeInstanceOf(LinkError)
  expect(refusal).toMatchObject({ code: 'ASTRA_ERR_LINK_BUSY' })
})
