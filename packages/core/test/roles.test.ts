import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { AstraNet, type AstraNetOptions } from '../src/index.js'
import { Net } from './discovery-support.js'
import { failure, until } from './support.js'

const wrong = <T>(value: unknown): T => value as T

test('what is bound behind a router is found, and what is bound behind a plain node is not', async () => {
  await using net = new Net()
  const router = (await net.node()).router()
  const plain = await net.node({}, router)
  const one = await net.node({}, router)
  const two = (await net.node()).client()
  await net.link(two, router)
  const behind = await net.node({}, plain)
  await one.bind('', 'one:1')
  await behind.bind('', 'behind:2')
  expect((await two.resolve('one'))[0]?.nodeId).toBe(one.nodeId)
  expect((await plain.waitFor('one'))[0]?.nodeId).toBe(one.nodeId)
  expect((await plain.waitFor('behind'))[0]?.nodeId).toBe(behind.nodeId)
  expect(await two.resolve('behind')).toEqual([])
  expect(await router.resolve('behind')).toEqual([])
  expect(one.services().map(({ name }) => name)).toEqual(['one'])
})

test('a leaf that holds all sees all, and a plain node that wants only what it asks for does not', async () => {
  await using net = new Net()
  const router = await net.node({ role: 'router' })
  await router.bind('', 'a:1')
  const full = await net.node({ role: 'leaf', catalogue: 'all' }, router)
  await until(() => full.services().length === 1)
  const frugal = await net.node({ catalogue: 'wanted' }, router)
  expect(frugal.services()).toEqual([])
  expect(await frugal.resolve('a')).toHaveLength(1)
})

test('router() and client() return the node, and also make a view', async () => {
  await using node = new AstraNet()
  expect(node.router()).toBe(node)
  expect(node.client()).toBe(node)
  const blue = node.withEnv('blue')
  expect(blue.client()).toBe(blue)
})

test.each<[string, (node: AstraNet) => Promise<unknown>]>([
  ['bound', (node) => node.bind('', ':0')],
  ['listened', (node) => node.listenAndServe('tcp4', '127.0.0.1:0')],
  ['joined', (node) => failure(node.join('tcp4', '127.0.0.1:1'))],
  ['been given a ticket', (node) => failure(node.join('nonsense'))],
  ['been attached', (node) => Promise.resolve(void failure(node.attach(new PassThrough())))],
])('the role of a node is settled once it has %s', async (_, begin) => {
  await using node = new AstraNet()
  await begin(node)
  for (const call of ['router', 'client'] as const) {
    expect(() => node.withEnv('a')[call]()).toThrow(
      expect.objectContaining({ code: 'ASTRA_ERR_NODE_STARTED', name: 'AstraError' }) as Error,
    )
  }
})

test.each<[AstraNetOptions, string, RegExp]>([
  [
    { role: wrong('hub') },
    'TypeError',
    /'options\.role' must be one of: 'router', 'node', 'leaf'\. Received 'hub'/,
  ],
  [{ role: wrong(null) }, 'TypeError', /'options\.role' must be one of/],
  [
    { catalogue: wrong('some') },
    'TypeError',
    /'options\.catalogue' must be one of: 'all', 'wanted'\. Received 'some'/,
  ],
  [
    { role: 'router', catalogue: 'wanted' },
    'TypeError',
    /^The property 'options\.catalogue' must be 'all' for a router, because it passes on everything/,
  ],
  [{ zone: wrong(5) }, 'TypeError', /"options\.zone" property must be of type string\. Received type number/],
  [
    { zone: 'x'.repeat(256) },
    'RangeError',
    /^The value of "options\.zone" is out of range\. It must be at most 255 bytes/,
  ],
  [{ zone: 'a\nb' }, 'TypeError', /'options\.zone' must be well-formed Unicode without control characters/],
])('a node with %j is a %s', (options, name, message) => {
  try {
    new AstraNet(options)
  } catch (error) {
    expect([(error as Error).name, (error as Error).message]).toEqual([name, expect.stringMatching(message)])
    return
  }
  throw new Error('it should have thrown')
})

test('a node that holds only what it wants cannot become a router', async () => {
  await using node = new AstraNet({ catalogue: 'wanted' })
  expect(() => node.router()).toThrow(
    /^The property 'options\.catalogue' must be 'all' for a router, because it passes on everything/,
  )
  expect(node.client()).toBe(node)
})
