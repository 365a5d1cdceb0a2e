// What `ci` runs of the networks: which path results, not how fast. All else is in the other files, by hand. NATs that
// answer with a reset are left to those: on lines without a delay their resets come before the other side's SYN.
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Host } from '../../../../tooling/test-support/netns/lab.js'
import type { NatOptions } from '../../../../tooling/test-support/netns/nat-rules.js'
import { ADVERTISED, makeDeadAddresses, serverWith } from './dead-addresses.js'
import { Reach, type Started } from './reach.js'

/** How long a path may take, in ms: long enough for the first three rounds on a machine that is busy with other things. */
const PATIENCE_MS = 60_000

let reach: Reach
/** Two nodes of each place, each behind a NAT of its own if there is one. Lines have no delay. */
const nodes = new Map<string, readonly Started[]>()

beforeAll(async () => {
  reach = await Reach.make(2)
  const { lab } = reach
  const behind = async (label: string, nat: NatOptions): Promise<Host> =>
    await (await lab.gateway(label, { nat })).host('inside')
  const places: Record<string, () => Promise<Host>> = {
    public: () => lab.host('public'),
    'keeps ports': () => behind('keeps', {}),
    'random ports': () => behind('random', { ports: 'random' }),
    'two NATs': async () => await (await (await lab.gateway('outer')).gateway('inner')).host('inside'),
    'IPv6 only, firewall': async () =>
      await (await lab.gateway('six', { nat: { ports: 'none' }, families: 'six' })).host('inside'),
  }
  for (const [place, makeHost] of Object.entries(places)) {
    const hosts = [await makeHost(), await makeHost()]
    nodes.set(place, await Promise.all(hosts.map((host) => reach.node(host))))
  }
  const home = await lab.gateway('home', { nat: { hairpin: false } })
  const hosts = [await home.host('one'), await home.host('other')]
  nodes.set('one NAT without hairpin', await Promise.all(hosts.map((host) => reach.node(host))))
}, 240_000)

afterAll(() => reach[Symbol.asyncDispose]())

function nodeAt(place: string, index = 0): Started {
  return nodes.get(place)?.[index] as Started
}

it.each([
  ['public', 'public', ['local', 'advertised', 'dial-back']],
  ['public', 'keeps ports', ['advertised', 'dial-back']],
  ['keeps ports', 'keeps ports', ['simultaneous-open']],
  ['keeps ports', 'random ports', ['many-ports']],
  ['two NATs', 'two NATs', ['simultaneous-open']],
  ['two NATs', 'random ports', ['many-ports']],
  ['public', 'IPv6 only, firewall', ['advertised', 'dial-back']],
  ['IPv6 only, firewall', 'IPv6 only, firewall', ['simultaneous-open']],
  ['one NAT without hairpin', 'one NAT without hairpin', ['local', 'dial-back']],
])('%s and %s: first over a router, then directly', async (one, other, methods) => {
  const from = nodeAt(one)
  const to = nodeAt(other, one === other ? 1 : 0)
  await from.node.call('dial', to.service)
  const what = { what: 'direct', timeoutMs: PATIENCE_MS } as const
  const found = await from.node.call('reported', { ...what, nodeId: to.nodeId })
  expect(methods).toContain(found?.path?.method)
  // The stream over the router goes on, and the next one takes the better path.
  await from.node.call('echo', to.service)
  expect((await from.node.call('dial', to.service)).path.kind).toBe('direct')
})

it('a node that advertises fifteen dead addresses is reached directly at the last one', async () => {
  makeDeadAddresses(reach)
  const server = await serverWith(reach, ADVERTISED - 1, 'server')
  const from = nodeAt('keeps ports')
  expect((await from.node.call('dialDirectly', server.service)).path.kind).toBe('direct')
})

it('when the router in use is killed, dials go over the other one, and over the first one when it is back', async () => {
  const [one, other] = [nodeAt('random ports'), nodeAt('random ports', 1)]
  const { path } = await one.node.call('dial', other.service)
  expect(path.kind).toBe('relay')
  const used = reach.routers.findIndex(({ nodeId }) => nodeId === path.via[0])
  await reach.killRouter(used)
  const left = reach.routerAt(1 - used)
  const again = await one.node.call('dial', other.service)
  expect(again.path).toEqual({ kind: 'relay', via: [left.nodeId] })
  expect((await other.node.call('dial', one.service)).path.kind).toBe('relay')
  await reach.restartRouter('same', used)
  const { nodeId } = reach.routerAt(used)
  for (const { node } of [one, other])
    expect(await node.call('linkedWith', { nodeId, timeoutMs: PATIENCE_MS })).toBe(true)
  await reach.killRouter(1 - used)
  const back = await one.node.call('dial', other.service)
  expect(back.path).toEqual({ kind: 'relay', via: [nodeId] })
})
