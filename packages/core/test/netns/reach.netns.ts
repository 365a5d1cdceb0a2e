// What `ci` runs of the networks: which path results, not how fast. All else is in the other files, by hand.
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Host } from '../../../../tooling/test-support/netns/lab.js'
import type { NatOptions } from '../../../../tooling/test-support/netns/nat-rules.js'
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
  }
  for (const [place, makeHost] of Object.entries(places)) {
    const hosts = [await makeHost(), await makeHost()]
    nodes.set(place, await Promise.all(hosts.map((host) => reach.node(host))))
  }
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

it('when the router in use is killed, dials go over the other one', async () => {
  const [one, other] = [nodeAt('random ports'), nodeAt('random ports', 1)]
  const { path } = await one.node.call('dial', other.service)
  expect(path.kind).toBe('relay')
  const used = reach.routers.findIndex(({ nodeId }) => nodeId === path.via[0])
  await reach.killRouter(used)
  const left = reach.routerAt(1 - used)
  const again = await one.node.call('dial', other.service)
  expect(again.path).toEqual({ kind: 'relay', via: [left.nodeId] })
  expect((await other.node.call('dial', one.service)).path.kind).toBe('relay')
})
