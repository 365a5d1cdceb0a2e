import { EventEmitter, on } from 'node:events'
import { AstraNet, generateSecret, type AstraNetOptions } from '@astranet/core'
import { ws } from '@astranet/transport-ws'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startChromium } from './chromium.js'
import type { Echo } from './pages/port.js'
import type { Greeting, GreetOptions } from './pages/join.js'
import { startWeb, type Web } from './web.js'

let browser: Browser
beforeAll(async () => {
  browser = await startChromium()
})
afterAll(async () => {
  await browser.close()
})

/** The result of a function of the page's program. */
async function call<Result>(page: Page, name: string, argument: unknown): Promise<Result> {
  return await page.evaluate(`${name}(${JSON.stringify(argument)})`)
}

async function open(origin: string, program: string): Promise<Page> {
  const page = await browser.newPage()
  await page.goto(`${origin}/${program}`)
  return page
}

/** A node on the server of the pages, which offers `greeting`, and the error codes of refused connections. */
async function greeter(
  web: Web,
  options: AstraNetOptions,
): Promise<{ node: AstraNet; refusals: AsyncIterator<string[]> }> {
  const node = new AstraNet({ ...options, transports: [ws({ server: web.server })] })
  const emitter = new EventEmitter()
  const refusals = on(emitter, 'refusal') as AsyncIterator<string[]>
  const onError = ({ code }: Error & { code?: string }): void => void emitter.emit('refusal', code)
  await node.listenAndServe('ws', '/astranet', { onError })
  const listener = await node.bind('', 'greeting')
  listener.on('connection', (socket) => socket.on('error', () => {}).end('hello'))
  return { node, refusals }
}

it('a page with the secret joins, a page with another is refused, and both sides report it', async () => {
  await using web = await startWeb('join')
  const secret = generateSecret()
  const { node, refusals } = await greeter(web, { secret })
  await using _node = node
  const page = await open(`http://${web.host}`, 'join')
  const url = `ws://${web.host}/astranet`
  const greet = (options: GreetOptions): Promise<Greeting> => call(page, 'greet', options)
  expect(await greet({ url, secret })).toEqual({ text: 'hello' })
  expect(await greet({ url, secret: generateSecret() })).toEqual({ code: 'ASTRA_ERR_LINK_AUTHENTICATION' })
  expect((await refusals.next()).value).toEqual(['ASTRA_ERR_LINK_AUTHENTICATION'])
  await page.close()
})

it("a page whose name was rebound to this machine is refused, although it has the node's origin", async () => {
  await using web = await startWeb('join')
  const { node, refusals } = await greeter(web, {})
  await using _node = node
  const host = web.host.replace('localhost', 'evil.example')
  const page = await open(`http://${host}`, 'join')
  const url = `ws://${host}/astranet`
  expect(await call<string>(page, 'knock', url)).toBe('ECONNREFUSED')
  expect((await refusals.next()).value).toEqual(['ASTRA_ERR_WS_HANDSHAKE'])
  await page.close()
  const own = await open(`http://${web.host}`, 'join')
  expect(await call<string>(own, 'knock', `ws://${web.host}/astranet`)).toBe('connected')
  await own.close()
})

it('a page outside a secure context makes no node, and the error says why', async () => {
  await using web = await startWeb('join')
  const host = web.host.replace('localhost', 'evil.example')
  const page = await open(`http://${host}`, 'join')
  const greeting = await call<Greeting>(page, 'greet', { url: `ws://${host}/astranet` })
  expect(greeting).toEqual({ code: 'ASTRA_ERR_SECURE_UNAVAILABLE' })
  await page.close()
})

it('a page and its worker reach each other over a MessagePort', async () => {
  await using web = await startWeb('port', 'port-worker')
  const page = await open(`http://${web.host}`, 'port')
  const bytes = 8 << 20
  expect(await call<Echo>(page, 'echoThroughWorker', bytes)).toEqual({ bytes, isSame: true })
  await page.close()
})
