import { generateIdentity } from '@astranet/secure'
import { formatTicket, generateGrantId, parseTicket, readGrant, signGrant } from '@astranet/ticket'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startChromium } from './chromium.js'
import type { FoundTicket } from './pages/ticket.js'
import { startWeb, type Web } from './web.js'

let browser: Browser
let web: Web
let page: Page
beforeAll(async () => {
  browser = await startChromium()
  web = await startWeb('ticket')
  page = await browser.newPage()
  await page.goto(`http://${web.host}/ticket`)
})
afterAll(async () => {
  await browser.close()
  await web[Symbol.asyncDispose]()
})

/** The result of a function of the page's program. */
async function call<Result>(name: string, argument: unknown): Promise<Result> {
  return await page.evaluate(`${name}(${JSON.stringify(argument)})`)
}

it("a page reads a ticket of Node's, and refuses it when it is forged or cut off", async () => {
  const issuer = await generateIdentity()
  const terms = { id: generateGrantId(), roles: ['builder'], uses: 1, expiresAt: Date.now() + 60_000 }
  const bytes = await signGrant(issuer, terms)
  const grant = { bytes, psk: new Uint8Array(32) }
  const text = formatTicket({ addresses: ['wss://example.com'], grant, expected: issuer.publicKey })
  expect(await call<FoundTicket>('read', { text })).toEqual({ role: 'builder' })
  const forged = await call<FoundTicket>('read', { text, flipped: true })
  expect(forged).toEqual({ code: 'ASTRA_ERR_TICKET_FORGED' })
  const cutOff = await call<FoundTicket>('read', { text: text.slice(0, -1) })
  expect(cutOff).toEqual({ code: 'ASTRA_ERR_TICKET_INVALID' })
})

it("Node reads a ticket of a page's", async () => {
  const { grant } = parseTicket(await call<string>('make', 'printer'))
  expect((await readGrant(grant?.bytes ?? new Uint8Array(0))).roles).toEqual(['printer'])
})
