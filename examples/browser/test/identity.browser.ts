import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { startChromium } from './chromium.js'
import type { Opened } from './pages/identity.js'
import { startWeb, type Web } from './web.js'

let browser: Browser
let web: Web
beforeAll(async () => {
  browser = await startChromium()
  web = await startWeb('identity')
})
afterAll(async () => {
  await browser.close()
  await web[Symbol.asyncDispose]()
})

/** One profile of a browser: its tabs share what they keep. */
let profile: BrowserContext
beforeEach(async () => {
  profile = await browser.newContext()
})
afterEach(async () => {
  await profile.close()
})

async function openTab(host = web.host): Promise<Page> {
  const page = await profile.newPage()
  await page.goto(`http://${host}/identity`)
  return page
}

/** The result of a function of the page's program. */
async function call<Result>(page: Page, name: string, argument?: unknown): Promise<Result> {
  return await page.evaluate(`${name}(${argument === undefined ? '' : JSON.stringify(argument)})`)
}

it('an identity is kept under its name for all tabs, after a reload too, and its key cannot be exported', async () => {
  const first = await openTab()
  const made = await call<Opened>(first, 'open', 'a')
  expect(made).toEqual({
    publicKey: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    exportCode: 'ASTRA_ERR_SECURE_IDENTITY',
  })
  await first.reload()
  expect(await call(first, 'open', 'a')).toEqual(made)
  const second = await openTab()
  expect(await call(second, 'open', 'a')).toEqual(made)
  expect(await call(second, 'open', 'b')).not.toEqual(made)
  expect(await call(second, 'open')).toEqual(await call(first, 'open', 'default'))
})

it('tabs that make identities at the same time all get the same ones', async () => {
  const tabs = await Promise.all([openTab(), openTab(), openTab()])
  const names = Array.from({ length: 30 }, (_, index) => `name ${index}`)
  const results = await Promise.all(tabs.map((tab) => call<Opened[]>(tab, 'openAll', names)))
  const [expected = []] = results
  for (const result of results) expect(result).toEqual(expected)
  const keys = new Set(expected.map(({ publicKey }) => publicKey))
  expect([keys.size, keys.has(undefined)]).toEqual([names.length, false])
  await tabs[0].reload()
  expect(await call(tabs[0], 'openAll', names)).toEqual(expected)
})

it.each([[null], [5], [{ publicKey: 'x', privateKey: 'y' }]])(
  'what else is kept under the name, %j, is an error and stays',
  async (value) => {
    const page = await openTab()
    await call(page, 'putElse', { name: 'mine', value })
    for (let count = 0; count < 2; count++) {
      expect(await call(page, 'open', 'mine')).toEqual({ code: 'ASTRA_ERR_SECURE_IDENTITY' })
    }
  },
)

it('an IndexedDB that fails is an error with its cause, and no identity that the next visit would not have', async () => {
  const page = await openTab()
  await call(page, 'moveToLaterVersion')
  expect(await call(page, 'open', 'a')).toEqual({ code: 'ASTRA_ERR_SECURE_IDENTITY', cause: 'VersionError' })
})

it('a page outside a secure context gets an error that says so', async () => {
  const page = await openTab(web.host.replace('localhost', 'evil.example'))
  expect(await call(page, 'open', 'a')).toEqual({ code: 'ASTRA_ERR_SECURE_UNAVAILABLE' })
})
