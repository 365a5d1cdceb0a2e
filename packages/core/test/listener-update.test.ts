import { describe, expect, test } from 'vitest'
import { AstraNet, type BindOptions } from '../src/index.js'
import { Net, networks, take } from './discovery-support.js'
import { failure, until } from './support.js'

const wrong = <T>(value: unknown): T => value as T

describe.each(Object.entries(networks))('over %s', (_, network) => {
  test('what is published with a service changes in place, for all nodes', async () => {
    await using net = new Net(network)
    const server = await net.node({ zone: 'north' })
    const client = await net.node({}, server)
    const listener = await server.bind('', 'web:1', {
      tags: ['a'],
      weight: 2,
      version: '1',
      health: 'failing',
    })
    await until(() => client.services().length === 1)
    const watch = client.serviceMap().watch()
    const first = { tags: ['a'], weight: 2, zone: 'north', version: '1', health: 'failing' }
    expect(await take(watch, 1)).toMatchObject([{ kind: 'add', service: first }])
    const socket = await client.dial('', 'web')
    listener.update({ weight: 0 })
    expect(await take(watch, 1)).toMatchObject([{ kind: 'change', service: { ...first, weight: 0 } }])
    const all = { tags: [], weight: 5, zone: '', version: '2', health: 'passing' } as const
    listener.update(all)
    expect(await take(watch, 1)).toMatchObject([{ kind: 'change', service: all }])
    listener.update({})
    listener.update(all)
    listener.update({ tags: ['b'] })
    expect(await take(watch, 1)).toMatchObject([{ kind: 'change', service: { ...all, tags: ['b'] } }])
    expect([socket.destroyed, client.services().length]).toEqual([false, 1])
    socket.destroy()
    await watch.return()
  })
})

test.each<[BindOptions, RegExp]>([
  [{ tags: wrong('a') }, /^tags must be a list/],
  [{ tags: [''] }, /tag/],
  [{ tags: Array<string>(33).fill('a') }, /^tags must be at most 32/],
  [{ weight: -1 }, /^weight must be an integer from 0/],
  [{ weight: 65_536 }, /^weight must be an integer from 0/],
  [{ weight: wrong('1') }, /^weight must be a number/],
  [{ zone: 'x'.repeat(256) }, /^zone must be at most 255 bytes/],
  [{ zone: wrong(null) }, /^zone must be a string/],
  [{ version: wrong(1) }, /^version must be a string/],
  [{ version: '\u0000' }, /^version must be/],
  [{ health: wrong('fine') }, /^health must be 'passing' or 'failing'/],
])('%j is wrong in bind and in update, and changes nothing', async (facts, message) => {
  await using node = new AstraNet()
  const error = await failure(node.bind('', 'web:1', facts))
  expect(['TypeError', 'RangeError']).toContain(error.name)
  expect(error.message).toMatch(message)
  const listener = await node.bind('', 'web:1', { weight: 3 })
  const before = node.services()
  expect(() => listener.update(wrong(facts))).toThrow(message)
  expect(node.services()).toEqual(before)
  listener.update({ weight: 4 })
  expect(node.services()).toMatchObject([{ weight: 4, health: 'passing' }])
})

test('a listener without a service, a closed one, and what is no object cannot be updated', async () => {
  await using node = new AstraNet()
  const bare = await node.bind('', ':5')
  expect(() => bare.update({ weight: 1 })).toThrow(
    new TypeError('only a service has what is updated, and port 5 was bound without a name'),
  )
  const listener = await node.bind('', 'web')
  expect(() => listener.update(wrong(null))).toThrow(/^facts must be an object/)
  listener.close()
  expect(() => listener.update({ weight: 1 })).toThrow(
    expect.objectContaining({ code: 'ERR_SERVER_NOT_RUNNING', syscall: 'update', address: 'web' }) as Error,
  )
  expect(node.services()).toEqual([])
})
