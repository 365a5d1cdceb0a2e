import { expect, test } from 'vitest'
import { Net } from './discovery-support.js'

test.each(['node', 'router', 'leaf'] as const)('a closed %s shows nothing of others', async (role) => {
  await using net = new Net()
  const hub = await net.node({ role: 'router' })
  const far = await net.node({ role: 'router' }, hub)
  const server = await net.node({}, far)
  await server.bind('', 'web')
  const node = await net.node({ role }, hub)
  await node.waitFor('web')
  const name = node.serviceMap().watch({ name: 'web' })
  await name.next()
  expect(node.services().length).toBe(1)
  expect(node.routes().length).toBeGreaterThan(1)
  await node.close()
  const [serviceMap, routesMap] = [node.serviceMap(), node.routesMap()]
  expect([node.services(), node.routes(), serviceMap.size, routesMap.size]).toEqual([[], [], 0, 0])
  expect(await name.next()).toEqual({ done: true, value: undefined })
})
