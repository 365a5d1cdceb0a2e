import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { heldBytes, startChromium } from './chromium.js'
import { startServer } from './server.js'

const MIB = 1024 * 1024

/**
 * Bytes that may be in flight between the writer and a reader that stopped: a stream's largest window (16 MiB) in each
 * direction, and the buffers of sockets and of the system.
 */
const UNDER_WAY_BYTES = 40 * MIB

let browser: Browser
beforeAll(async () => {
  browser = await startChromium()
})
afterAll(async () => {
  await browser.close()
})

/** The page, joined. Collects its logged errors and its exceptions. */
async function openPage(url: string): Promise<{ page: Page; errors: string[] }> {
  const page = await browser.newPage()
  page.setDefaultTimeout(120_000)
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(String(error)))
  page.on('console', (message) => void (message.type() === 'error' && errors.push(message.text())))
  await page.goto(url)
  await page.waitForSelector('#status[data-state=joined]')
  return { page, errors }
}

async function bytesOf(page: Page): Promise<{ sent: number; received: number }> {
  const valueOf = (id: string): Promise<number> =>
    page.locator(id).evaluate((each) => (each as HTMLProgressElement).value)
  return { sent: await valueOf('#sent'), received: await valueOf('#received') }
}

/** Clears the checkbox, in the frame that shows this number of received bytes. */
async function stopReadingAt(page: Page, bytes: number): Promise<void> {
  await page.evaluate(async (least) => {
    const received = document.querySelector('#received') as HTMLProgressElement
    while (received.value < least) await new Promise((resolve) => requestAnimationFrame(resolve))
    const box = document.querySelector('#reading') as HTMLInputElement
    box.click()
  }, bytes)
}

/** Resolves when the page's counter of sent bytes has not changed for this number of frames. */
async function sendingStalls(page: Page, frames = 60): Promise<void> {
  await page.evaluate(async (wanted) => {
    const sent = document.querySelector('#sent') as HTMLProgressElement
    for (let [still, last] = [0, -1]; still < wanted; still += 1) {
      if (sent.value !== last) [still, last] = [0, sent.value]
      await new Promise((resolve) => requestAnimationFrame(resolve))
    }
  }, frames)
}

it('a page joins over WebSocket, and lists what it and the server offer', async () => {
  await using server = await startServer()
  const { page, errors } = await openPage(server.url)
  await page.waitForFunction(() => document.querySelectorAll('#services li').length === 4)
  const names = await page.locator('#services code').allTextContents()
  expect(names.sort()).toEqual(['call-back', 'clock', 'echo', 'greeting'])
  expect(await page.locator('#clock').textContent()).toMatch(/^\d\d:\d\d:\d\d$/)
  expect(errors).toEqual([])
  await page.close()
})

it('a page streams 100 MiB to a service that it dials by name, and gets the same bytes back', async () => {
  await using server = await startServer()
  const { page, errors } = await openPage(server.url)
  await page.click('#start')
  await page.waitForSelector('#verdict[data-state=same], #verdict[data-state=failed]')
  expect(await page.locator('#verdict').textContent()).toMatch(
    /^The same bytes came back .* SHA-256 [0-9a-f]{64}$/,
  )
  expect(await bytesOf(page)).toEqual({ sent: 100 * MIB, received: 100 * MIB })
  expect(await heldBytes(page)).toBeLessThan(UNDER_WAY_BYTES)
  expect(errors).toEqual([])
  await page.close()
})

it('a reader in the page that stops makes the writer wait, and little is held meanwhile', async () => {
  await using server = await startServer()
  const { page, errors } = await openPage(server.url)
  await page.click('#start')
  await stopReadingAt(page, 20 * MIB)
  await sendingStalls(page)
  const { sent, received } = await bytesOf(page)
  expect(received).toBeGreaterThanOrEqual(20 * MIB)
  expect(sent).toBeLessThan(100 * MIB)
  expect(sent - received).toBeLessThan(UNDER_WAY_BYTES)
  expect(await heldBytes(page)).toBeLessThan(UNDER_WAY_BYTES)
  // The rest of the link does not wait for it.
  await page.click('#ask')
  await page.waitForFunction(() => document.querySelector('#answer')?.textContent !== '')
  expect((await bytesOf(page)).sent).toBe(sent)

  await page.click('#reading')
  await page.waitForSelector('#verdict[data-state=same], #verdict[data-state=failed]')
  expect(await page.locator('#verdict').textContent()).toMatch(/^The same bytes came back/)
  expect(errors).toEqual([])
  await page.close()
})

it('a page that never reads lets only the first windows be sent', async () => {
  await using server = await startServer()
  const { page } = await openPage(server.url)
  await page.click('#reading')
  await page.click('#start')
  await sendingStalls(page)
  const { sent, received } = await bytesOf(page)
  expect(received).toBe(0)
  expect(sent).toBeGreaterThan(0)
  expect(sent).toBeLessThan(4 * MIB)
  await page.close()
})

it('Node dials a service that the page has bound, and the page answers', async () => {
  await using server = await startServer()
  const [one, other] = [await openPage(server.url), await openPage(server.url)]
  for (const { page } of [one, other]) {
    await page.click('#ask')
    await page.waitForFunction(() => document.querySelector('#answer')?.textContent !== '')
    const answer = await page.locator('#answer').textContent()
    expect(answer).toMatch(
      new RegExp(`^hello Node ${process.versions.node}, this is a page in \\w+/[\\d.]+$`),
    )
    await page.close()
  }
})

it('the page sees at once that the server is gone, and is joined again when it is back', async () => {
  const server = await startServer()
  const { page } = await openPage(server.url)
  await server.kill()
  await page.waitForSelector('#status[data-state=lost]')
  expect(await page.locator('#status').textContent()).toContain('link lost (ECONNRESET')
  expect(await page.locator('#start').isDisabled()).toBe(true)

  await using _again = await startServer(Number(new URL(server.url).port))
  await page.waitForSelector('#status[data-state=joined]')
  await page.click('#ask')
  await page.waitForFunction(() => document.querySelector('#answer')?.textContent?.startsWith('hello'))
  await page.close()
})
