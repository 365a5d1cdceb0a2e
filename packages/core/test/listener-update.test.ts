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
  [{ tags: wrong('a') }, /^The "(options|facts)\.tags" property must be an instance of Array/],
  [{ tags: [''] }, /tag/],
  [
    { tags: Array<string>(33).fill('a') },
    /^The value of "(options|facts)\.tags" is out of range\. It must be at most 32/,
  ],
  [{ weight: -1 }, /^The value of "(options|facts)\.weight" is out of range\. It must be >= 0 && <= 65535/],
  [
    { weight: 65_536 },
    /^The value of "(options|facts)\.weight" is out of range\. It must be >= 0 && <= 65535/,
  ],
  [{ weight: wrong('1') }, /^The "(options|facts)\.weight" property must be of type number/],
  [
    { zone: 'x'.repeat(256) },
    /^The value of "(options|facts)\.zone" is out of range\. It must be at most 255 bytes of UTF-8/,
  ],
  [{ zone: wrong(null) }, /^The "(options|facts)\.zone" property must be of type string/],
  [{ version: wrong(1) }, /^The "(options|facts)\.version" property must be of type string/],
  [
    { version: '\u0000' },
    /^The property '(options|facts)\.version' must be well-formed Unicode without control characters/,
  ],
  [{ health: wrong('fine') }, /^The property '(options|facts)\.health' must be one of: 'passing', 'failing'/],
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
    /^The argument 'facts' is for services, and port 5 was bound without a name$/,
  )
  const listener = await node.bind('', 'web')
  expect(() => listener.update(wrong(null))).toThrow(/"facts" argument must be of type object/)
  listener.close()
  expect(() => listener.update({ weight: 1 })).toThrow(
    expect.objectContaining({ code: 'ERR_SERVER_NOT_RUNNING', syscall: 'update', address: 'web' }) as Error,
  )
  expect(node.services()).toEqual([])
})
