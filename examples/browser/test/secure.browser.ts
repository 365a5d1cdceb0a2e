import { EventEmitter, once } from 'node:events'
import {
  generateIdentity,
  nodeCrypto,
  secure,
  webCrypto,
  type CryptoProvider,
  type SecurePipe,
  type SecureRole,
} from '@astranet/secure'
import { ws } from '@astranet/transport-ws'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startChromium } from './chromium.js'
import type { Talk, Talked } from './pages/secure.js'
import { startWeb, type Web } from './web.js'

/** What each side sends behind the handshake: more than a record holds, and more than the page sends ahead. */
const BYTES = 1_000_000

const PSK = 5

let browser: Browser
let web: Web
let page: Page
let listener: Awaited<ReturnType<ReturnType<typeof ws>['listen']>>
const connections = new EventEmitter()

beforeAll(async () => {
  browser = await startChromium()
  web = await startWeb('secure')
  listener = await ws({ server: web.server }).listen('ws', '/secure', {
    onConnection: (connection) => connections.emit('connection', connection),
  })
  page = await browser.newPage()
  await page.goto(`http://${web.host}/secure`)
})
afterAll(async () => {
  await browser.close()
  await listener.close()
  await web[Symbol.asyncDispose]()
})

/** What the page does: it dials this process. */
function talk(options: Omit<Talk, 'url'>): Promise<Talked> {
  return page.evaluate(`talk(${JSON.stringify({ ...options, url: `ws://${web.host}/secure` })})`)
}

const identity = await generateIdentity()

/** This side of the page's next connection. */
async function answer(pageRole: SecureRole, provider: CryptoProvider, psk?: number): Promise<SecurePipe> {
  const [connection] = (await once(connections, 'connection')) as [Parameters<typeof secure>[0]]
  return secure(connection, {
    role: pageRole === 'initiator' ? 'responder' : 'initiator',
    identity,
    provider,
    psk: psk === undefined ? undefined : new Uint8Array(32).fill(psk),
    payload: Buffer.from('node'),
  })
}

/** Sends bytes, and resolves with what has come once both sides have ended. */
function converse(pipe: SecurePipe, toSend: Uint8Array): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  return new Promise((resolve, reject) => {
    pipe.handle({
      onData: (chunk) => void chunks.push(chunk),
      onDrain: () => pipe.end(),
      onEnd() {},
      onClose: (reason) => (reason === undefined ? resolve(Buffer.concat(chunks)) : reject(reason)),
    })
    if (pipe.writev([toSend])) pipe.end()
  })
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

describe.each(['initiator', 'responder'] as const)('a page that is the %s', (role) => {
  const ownByte = role === 'initiator' ? 'responder'.length : 'initiator'.length

  it.each([
    ['node:crypto', 'no secret', nodeCrypto, undefined],
    ['node:crypto', 'a secret', nodeCrypto, PSK],
    ['WebCrypto', 'no secret', webCrypto, undefined],
    ['WebCrypto', 'a secret', webCrypto, PSK],
  ] as const)(
    'shakes hands over ws in the clear with Node by %s and with %s, and records pass both ways',
    async (_name, _secret, provider, psk) => {
      const answering = answer(role, provider, psk)
      const talking = talk({ role, psk, bytes: BYTES })
      const pipe = await answering
      const received = await converse(pipe, new Uint8Array(BYTES).fill(ownByte))
      expect(await talking).toEqual({
        ownKey: hex(pipe.peer.publicKey),
        peerKey: hex(identity.publicKey),
        peerPayload: 'node',
        handshakeHash: hex(pipe.handshakeHash),
        receivedBytes: BYTES,
        isIntact: true,
      })
      expect(Buffer.from(pipe.peer.payload).toString()).toBe('page')
      expect(received.equals(Buffer.alloc(BYTES, role.length))).toBe(true)
    },
  )
})

it('a page with another secret is refused, and learns nothing', async () => {
  const answering = answer('initiator', nodeCrypto, PSK)
  const refused = expect(answering).rejects.toMatchObject({ code: 'ASTRA_ERR_SECURE_SECRET' })
  const talked = await talk({ role: 'initiator', psk: PSK + 1, bytes: 1 })
  await refused
  expect(talked.code).toMatch(/^(ECONNRESET|ASTRA_ERR_SECURE_TRUNCATED)$/)
})
