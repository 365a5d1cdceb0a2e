import { EventEmitter, on } from 'node:events'
import { AstraNet, generateSecret, type RemoteIdentity } from '@astranet/core'
import { ws } from '@astranet/transport-ws'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { startChromium } from './chromium.js'
import type { Membership, Met, NotMet } from './pages/member.js'
import { startWeb, type Web } from './web.js'

const secret = generateSecret()

let browser: Browser
let web: Web
beforeAll(async () => {
  browser = await startChromium()
  web = await startWeb('member')
})
afterAll(async () => {
  await browser.close()
  await web[Symbol.asyncDispose]()
})

/** What the server knows of a page that it has dialed back, and what the page has answered. */
interface Visitor {
  readonly identity: RemoteIdentity
  readonly answer: string
}

let node: AstraNet
let visitors: AsyncIterator<[Visitor]>
/** One profile of a browser: what it keeps is gone afterwards. */
let profile: BrowserContext
beforeEach(async () => {
  profile = await browser.newContext()
  const emitter = new EventEmitter()
  visitors = on(emitter, 'visitor') as AsyncIterator<[Visitor]>
  node = new AstraNet({ secret, transports: [ws({ server: web.server })] })
  await node.listenAndServe('ws', '/astranet')
  const listener = await node.bind('', 'greeting')
  listener.on('connection', (socket) => {
    socket.on('error', (error) => emitter.emit('error', error)).end('welcome')
    const { nodeId } = socket.remoteIdentity as RemoteIdentity
    void dialBack(nodeId).then(
      (visitor) => emitter.emit('visitor', visitor),
      (error: unknown) => emitter.emit('error', error),
    )
  })
})
afterEach(async () => {
  await profile.close()
  await node.close()
})

async function dialBack(nodeId: bigint): Promise<Visitor> {
  const socket = await node.dial('', 'page', {
    allowHalfOpen: true,
    selector: (instances) => instances.find((each) => each.nodeId === nodeId),
  })
  socket.end('who is there?')
  let answer = ''
  for await (const chunk of socket) answer += String(chunk)
  return { identity: socket.remoteIdentity as RemoteIdentity, answer }
}

async function openPage(host = web.host): Promise<Page> {
  const page = await profile.newPage()
  await page.goto(`http://${host}/member`)
  return page
}

const url = (): string => `ws://${web.host}/astranet`

async function meet(page: Page, membership: Membership): Promise<Met | NotMet> {
  return await page.evaluate(`meet(${JSON.stringify(membership)})`)
}

it.each<[string, () => Promise<Membership>, string[]]>([
  ['the secret', async () => ({ url: url(), secret }), []],
  [
    'a ticket that has a grant',
    async () => ({ ticket: await node.ticket({ addresses: [url()], grant: { roles: ['guest'] } }) }),
    ['guest'],
  ],
  [
    'a ticket that has the secret',
    async () => ({ ticket: await node.ticket({ addresses: [url()], secret: true }) }),
    [],
  ],
])('a page with %s joins over ws in the clear, dials and is dialed', async (_, membership, roles) => {
  const page = await openPage()
  const met = await meet(page, await membership())
  // A page cannot know that its WebSocket stays on this machine, so the link is encrypted.
  expect(met).toMatchObject({ security: 'encrypted', greeting: 'welcome', question: 'who is there?' })
  const visit = (await visitors.next()) as { value: [Visitor] }
  const [{ identity, answer }] = visit.value
  expect(answer).toBe('a page')
  expect(identity).toMatchObject({ security: 'encrypted', roles })
  expect(String(identity.nodeId)).toBe((met as Met).nodeId)
})

it('a ticket for one node lets no second page in, which reads why', async () => {
  const ticket = await node.ticket({ addresses: [url()], grant: { uses: 1 } })
  expect(await meet(await openPage(), { ticket })).toMatchObject({ greeting: 'welcome' })
  const refused = await meet(await openPage(), { ticket })
  expect(refused).toMatchObject({ code: 'ASTRA_ERR_TICKET_USED_UP' })
})

it('a page without the secret is refused', async () => {
  expect(await meet(await openPage(), { url: url() })).toMatchObject({
    code: 'ASTRA_ERR_LINK_AUTHENTICATION',
  })
})

it('a page that names its identity has the same node id after a reload, and the server knows it again', async () => {
  const page = await openPage()
  const first = await meet(page, { url: url(), secret, identity: 'mine' })
  await page.reload()
  const second = await meet(page, { url: url(), secret, identity: 'mine' })
  const other = await meet(page, { url: url(), secret })
  const ids = [first, second, other].map((each) => (each as Met).nodeId)
  expect(ids[0]).toMatch(/^\d+$/)
  expect(ids[1]).toBe(ids[0])
  expect(ids[2]).not.toBe(ids[0])
  const seen = []
  for (let count = 0; count < 3; count++) {
    const { value } = (await visitors.next()) as { value: [Visitor] }
    seen.push(String(value[0].identity.nodeId))
  }
  expect(seen).toEqual(ids)
})

it('a page outside a secure context is told that it takes https or localhost', async () => {
  const host = web.host.replace('localhost', 'evil.example')
  const page = await openPage(host)
  for (const membership of [{ secret }, { identity: 'mine' }, {}]) {
    const refused = await meet(page, { url: `ws://${host}/astranet`, ...membership })
    expect(refused).toMatchObject({
      code: 'ASTRA_ERR_SECURE_UNAVAILABLE',
      message: expect.stringMatching(/https, and from localhost/) as string,
    })
  }
})
