import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { describe, expect, test } from 'vitest'
import { PREAMBLE_BYTES } from '@astranet/link'
import { generateIdentitySync, type Signer } from '@astranet/secure'
import { AstraNet, generateSecret, type AstraNetOptions } from '../src/index.js'
import { joinAs, listenAs } from './attacks/impostor.js'
import { offerEcho, speak } from './attacks/talk.js'
import { Wire, type Change } from './attacks/wire.js'
import { recordedFirst } from './strangers/first-bytes.js'
import { errorOf, failure, until } from './support.js'

// Somebody between two nodes, over real connections: without the secret, and as a member of the network.

type Code = Error & { readonly code?: string }

const secret = generateSecret()

/** Nodes on one machine that encrypt all the same. */
const networks: [string, AstraNetOptions][] = [
  ['without a secret', { encryption: 'always' }],
  ['with a secret', { encryption: 'always', secret }],
]

const ROLE_AT = 12
const ACCEPTOR = 2
const NONCE_AT = 14

/** Where the flags of a preamble are, and what they mean. */
const FLAGS_AT = 13
const flags = { NEW: 0x01, RESUMING: 0x02, SECRET: 0x10, INSISTS: 0x20, PRIVATE: 0x40, EXPORTER: 0x80 }

/** Two nodes, and somebody in between. */
interface Between extends AsyncDisposable {
  readonly far: AstraNet
  readonly near: AstraNet
  readonly wire: Wire
  /** Codes of the errors that the far node has reported. */
  readonly reported: string[]
}

async function between(options: AstraNetOptions): Promise<Between> {
  const far = new AstraNet(options)
  const near = new AstraNet(options)
  const reported: string[] = []
  const onError = ({ code = 'none' }: Code): void => void reported.push(code)
  const { address } = await far.listenAndServe('tcp4', '127.0.0.1:0', { onError })
  const wire = await Wire.to(address)
  return {
    ...{ far, near, wire, reported },
    async [Symbol.asyncDispose]() {
      await Promise.all([near.close(), far.close()])
      await wire[Symbol.asyncDispose]()
    },
  }
}

/** The codes that the two sides get when a join is changed on the way; neither has a link then. */
async function codesOf({ far, near, wire, reported }: Between, changes: Change[]): Promise<string[]> {
  wire.changes = changes
  reported.length = 0
  const { code = 'none' } = await failure(near.join('tcp4', wire.address))
  await until(() => reported.length > 0)
  expect([near.routes(), far.routes()]).toEqual([[], []])
  return [code, ...reported]
}

describe.each(networks)('somebody in between two nodes %s', (_, options) => {
  test('may pass the bytes on, and reads none of what they say', async () => {
    await using nodes = await between(options)
    const { far, near, wire } = nodes
    const talk = await offerEcho(far)
    expect(await near.join('tcp4', wire.address)).toBe(far.nodeId)
    await speak(near, talk)
    for (const text of [talk.name, talk.text])
      expect(wire.count(text, 'forth') + wire.count(text, 'back')).toBe(0)
  })

  test.each(Object.entries(flags))(
    'cannot turn the flag %s of either preamble, or of both: both nodes get an error with a code',
    async (_name, bits) => {
      await using nodes = await between(options)
      const forth: Change = { direction: 'forth', offset: FLAGS_AT, bits }
      const back: Change = { direction: 'back', offset: FLAGS_AT, bits }
      for (const changes of [[forth], [back], [forth, back]]) {
        const codes = await codesOf(nodes, changes)
        expect(codes).toHaveLength(2)
        for (const code of codes)
          expect(code).toMatch(/^ASTRA_ERR_LINK_(AUTHENTICATION|PROTOCOL|VERSION|CLOSED)$/)
        // The end of the connection is not all that is known of it.
        expect(codes).not.toEqual(['ASTRA_ERR_LINK_CLOSED', 'ASTRA_ERR_LINK_CLOSED'])
      }
      nodes.wire.changes = []
      expect(await nodes.near.join('tcp4', nodes.wire.address)).toBe(nodes.far.nodeId)
    },
  )

  test('cannot change a message of the handshake', async () => {
    await using nodes = await between(options)
    const first = PREAMBLE_BYTES + 10
    for (const direction of ['forth', 'back'] as const) {
      const codes = await codesOf(nodes, [{ direction, offset: first, bits: 1 }])
      expect(codes, direction).toContain('ASTRA_ERR_LINK_AUTHENTICATION')
    }
  })
})

describe.each(networks)('somebody on the path of an open link, in a network %s', (_, options) => {
  /** Joined once, and not again when the link is lost. */
  async function linked(): Promise<Between> {
    const nodes = await between(options)
    const joining = new AbortController()
    await nodes.near.join('tcp4', nodes.wire.address, { signal: joining.signal })
    joining.abort()
    return nodes
  }

  test.each(['forth', 'back'] as const)(
    'cannot change a bit that goes %s: the link is lost',
    async (direction) => {
      await using nodes = await linked()
      const { far, near, wire } = nodes
      const talk = await offerEcho(far)
      await speak(near, talk)
      const socket = await near.dial('', talk.name)
      const received: Buffer[] = []
      socket.on('data', (chunk: Buffer) => received.push(chunk))
      // Behind the header of the next record, whichever it is.
      wire.changes = [{ direction, offset: wire.bytes(direction) + 8, bits: 0x10 }]
      socket.write(talk.text)
      expect((await errorOf(socket)).code).toBe('ECONNRESET')
      expect(Buffer.concat(received).toString()).toBe('')
      await until(() => near.routes().length + far.routes().length === 0)
    },
  )

  test('cannot end a connection early as if nothing more came', async () => {
    await using nodes = await linked()
    const { far, near, wire } = nodes
    const listener = await far.bind('', 'half')
    listener.on('connection', (socket) => socket.on('error', () => {}).write('half'))
    const socket = await near.dial('', 'half')
    let hasEnded = false
    socket.on('end', () => (hasEnded = true))
    socket.once('data', () => wire.end())
    expect((await errorOf(socket)).code).toBe('ECONNRESET')
    expect(hasEnded).toBe(false)
  })
})

test.each<[string, (bytes: Buffer) => void]>([
  ['as they are', () => {}],
  ['as the acceptor', (bytes) => (bytes[ROLE_AT] = ACCEPTOR)],
  [
    'as the acceptor, with another nonce',
    (bytes) => {
      bytes[ROLE_AT] = ACCEPTOR
      bytes[NONCE_AT] = (bytes[NONCE_AT] as number) ^ 1
    },
  ],
])('a node that gets its own bytes back %s has no link', async (_, change) => {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', (bytes) => {
      change(bytes)
      socket.write(bytes)
      socket.pipe(socket)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  await using node = new AstraNet({ secret, helloTimeoutMs: 2_000 })
  const { port } = server.address() as AddressInfo
  const { code } = await failure(node.join('tcp4', `127.0.0.1:${port}`))
  expect(code).toMatch(/^ASTRA_ERR_LINK_(SELF|PROTOCOL|AUTHENTICATION)$/)
  expect(node.routes()).toEqual([])
  server.close()
})

describe.each(networks)('a member in between, in a network %s', (_, options) => {
  const { secret: known } = options

  test('can only be itself', async () => {
    await using nodes = await between(options)
    await using man = new AstraNet(options)
    const { address } = await man.listenAndServe('tcp4', '127.0.0.1:0', { onError() {} })
    expect(await nodes.near.join('tcp4', address)).toBe(man.nodeId)
  })

  test('gets no link where somebody else is expected, and does not learn who dials', async () => {
    await using nodes = await between(options)
    const man = await listenAs({ secret: known, shown: generateIdentitySync() })
    const ticket = await nodes.far.ticket({ addresses: [`tcp4://${man.address}`] })
    expect(await failure(nodes.near.join(ticket))).toMatchObject({
      code: 'ASTRA_ERR_LINK_AUTHENTICATION',
      cause: { code: 'ASTRA_ERR_SECURE_PEER' },
    })
    expect(man.answers()).toBe(0)
    man.close()
  })

  test("cannot show another node's key to a dialer, with its own signature or with one that it has recorded", async () => {
    const identity = generateIdentitySync()
    let recorded = new Uint8Array(64)
    const signing = {
      ...identity,
      publicKey: identity.publicKey,
      nodeId: identity.nodeId,
      export: () => identity.export(),
      async sign(message: Uint8Array) {
        recorded = Uint8Array.from(await identity.sign(message))
        return recorded
      },
    }
    await using far = new AstraNet({ ...options, identity: signing })
    await using near = new AstraNet(options)
    const { address } = await far.listenAndServe('tcp4', '127.0.0.1:0', { onError() {} })
    await near.join('tcp4', address)
    const own = generateIdentitySync()
    const { publicKey } = identity
    const shown: Signer[] = [
      { publicKey, sign: (message) => own.sign(message) },
      { publicKey, sign: () => Promise.resolve(recorded) },
    ]
    for (const signer of shown) {
      const man = await listenAs({ secret: known, shown: signer })
      await using dialer = new AstraNet(options)
      expect(await failure(dialer.join('tcp4', man.address))).toMatchObject({
        code: 'ASTRA_ERR_LINK_AUTHENTICATION',
        cause: { code: 'ASTRA_ERR_SECURE_SIGNATURE' },
      })
      expect([man.answers(), dialer.routes()]).toEqual([0, []])
      man.close()
    }
  })

  test('cannot join as another node: with its own key the same bytes pass the handshake', async () => {
    await using nodes = await between({ ...options, helloTimeoutMs: 2_000 })
    const { far, near, reported } = nodes
    const { address } = await far.listenAndServe('tcp4', '127.0.0.1:0', {
      onError: ({ code = 'none' }: Code) => void reported.push(code),
    })
    await near.join('tcp4', address)
    const preamble = (await recordedFirst(known)).subarray(0, PREAMBLE_BYTES)
    const own = generateIdentitySync()
    const shown = { publicKey: near.publicKey, sign: (bytes: Uint8Array) => own.sign(bytes) }
    await joinAs({ secret: known, shown }, { address, preamble })
    await joinAs({ secret: known, shown: own }, { address, preamble })
    await until(() => reported.length === 2)
    // The second one has only failed to start a session.
    expect(reported).toEqual(['ASTRA_ERR_LINK_AUTHENTICATION', 'ASTRA_ERR_LINK_HELLO_TIMEOUT'])
    expect(far.routes()).toMatchObject([{ nodeId: near.nodeId }])
  })
})
