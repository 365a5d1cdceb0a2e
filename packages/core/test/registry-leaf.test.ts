import { memory } from '@astranet/transport-memory'
import { expect, test } from 'vitest'
import * as browser from '../src/browser.js'
import { AstraNet } from '../src/index.js'
import { take } from './discovery-support.js'
import { until } from './support.js'

/** Two routers with a link, a server at each, and a leaf as a page has it, which has joined the first router. */
interface Place extends AsyncDisposable {
  readonly routers: readonly [AstraNet, AstraNet]
  readonly addresses: readonly [string, string]
  readonly server: AstraNet
  readonly page: browser.AstraNet
}

async function place(): Promise<Place> {
  const transports = [memory()]
  const routers = [
    new AstraNet({ transports, role: 'router' }),
    new AstraNet({ transports, role: 'router' }),
  ] as const
  const [one, other] = await Promise.all(routers.map((router) => router.listenAndServe('memory', '*')))
  const addresses = [one?.address ?? '', other?.address ?? ''] as const
  await routers[1].join('memory', addresses[0])
  const server = new AstraNet({ transports })
  await server.join('memory', addresses[0])
  await server.join('memory', addresses[1])
  const page = await browser.AstraNet.create({ transports })
  await page.join('memory', addresses[0])
  return {
    ...{ routers, addresses, server, page },
    async [Symbol.asyncDispose]() {
      await Promise.all([page, server, ...routers].map((node) => node.close()))
    },
  }
}

const names = (node: { services(): { name: string }[] }): string[] => node.services().map(({ name }) => name)

test('a page holds what it asks for and no more', async () => {
  await using nodes = await place()
  const { server, page, routers } = nodes
  await server.bind('', 'wanted')
  await routers[1].bind('', 'other')
  await until(() => names(routers[0]).length === 2)
  const found = await page.resolve('wanted')
  expect(found.map(({ nodeId }) => nodeId)).toEqual([server.nodeId])
  expect(await page.resolve('nothing')).toEqual([])
  expect(names(page)).toEqual([])
  const changes = page.serviceMap().watch({ name: 'wanted' })
  await take(changes, 1)
  expect(names(page)).toEqual(['wanted'])
  expect(page.inspect().registry).toMatchObject({ role: 'leaf', catalogue: 'wanted' })
})

test('a page that loses its router asks at the next, and no watch sees a service go', async () => {
  await using nodes = await place()
  const { server, page, routers, addresses } = nodes
  await server.bind('', 'kept')
  await page.waitFor('kept')
  const kinds: string[] = []
  const watching = (async () => {
    for await (const { kind } of page.serviceMap().watch({ name: 'kept' })) kinds.push(kind)
  })()
  await until(() => kinds.length === 1)
  await page.join('memory', addresses[1])
  await routers[0].close()
  await until(() => page.routes().some(({ nodeId }) => nodeId === routers[1].nodeId))
  expect(names(page)).toContain('kept')
  await server.bind('', 'later')
  const later = await page.waitFor('later')
  expect(later).toHaveLength(1)
  expect(kinds).toEqual(['add'])
  await page.close()
  await watching
})

test('what a page gives up and asks for again in one turn it gets again', async () => {
  await using nodes = await place()
  const { server, page } = nodes
  await server.bind('', 'again')
  for (const options of [{ name: 'again' }, {}]) {
    const first = page.serviceMap().watch(options)
    await take(first, 1)
    const second = page.serviceMap().watch(options)
    const left = first.return?.()
    await take(second, 1)
    await left
    await second.return?.()
    expect(names(page)).toEqual([])
  }
})

test('a page without a second router keeps what it knew for a moment only', async () => {
  await using nodes = await place()
  const { server, page, routers } = nodes
  await server.bind('', 'kept')
  await page.waitFor('kept')
  await routers[0].close()
  await until(() => names(page).length === 0)
}, 20_000)

test('what a page offers is listed everywhere, signed by WebCrypto, and gone with it', async () => {
  await using nodes = await place()
  const { server, page, routers } = nodes
  await page.bind('', 'tab')
  await until(() => [server, ...routers].every((node) => names(node).includes('tab')))
  await page.close()
  await until(() => [server, ...routers].every((node) => !names(node).includes('tab')))
})
