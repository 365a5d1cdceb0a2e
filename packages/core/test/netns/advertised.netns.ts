import { afterAll, beforeAll, expect, it } from 'vitest'
import { ipBatch } from '../../../../tooling/test-support/netns/commands.js'
import { Reach, type Started } from './reach.js'

/** Addresses of documentation (RFC 5737) that the internet of the lab drops without an answer. */
const DEAD = '198.51.100'

/** A node advertises sixteen addresses at most. */
const ADVERTISED = 16

/** How long a direct link to the last of them may take, in ms: one attempt each 100 ms, and room for a busy machine. */
const DIRECT_WITHIN_MS = 3_000

let reach: Reach
let client: Started
let servers = 0

beforeAll(async () => {
  reach = await Reach.make()
  ipBatch(reach.lab.internet, [`route add blackhole ${DEAD}.0/24`])
  // Behind a gateway: addresses in its own network would be dialed first.
  const home = await reach.lab.gateway('home')
  client = await reach.node(await home.host('client'), { role: 'node', holePunching: false })
}, 120_000)

afterAll(() => reach[Symbol.asyncDispose]())

/** A node that advertises so many addresses that are dead, and behind them, if it fits, one that is not. */
async function serverWith(dead: number): Promise<Started> {
  const host = await reach.lab.host(`server${(servers += 1)}`)
  const server = await reach.node(host, { holePunching: false })
  const addresses = Array.from({ length: dead }, (_, index) => `${DEAD}.${dead + index}`)
  ipBatch(host.namespace, [
    'link add dead type bridge',
    'link set dead up',
    ...addresses.map((address) => `addr add ${address}/32 dev dead`),
  ])
  await server.node.call(
    'listen',
    [...addresses, host.address].map((address) => `${address}:5000`),
  )
  return server
}

it.each([
  ['no dead address', 0],
  ['as many dead addresses as fit beside a live one', ADVERTISED - 1],
  ['20 dead addresses, and a live one for which there is no room', 20],
])('a dial of a node with %s is answered, at the latest over the router', async (name, dead) => {
  const relayed = await reach.node(await reach.lab.host(`relayed${dead}`), { holePunching: false })
  // Both names are known before the first dial is timed.
  const server = await serverWith(dead)
  await client.node.call('waitFor', relayed.service)
  await client.node.call('waitFor', server.service)
  const over = await client.node.call('dial', relayed.service)
  expect(over.path.kind).toBe('relay')
  const dialed = await client.node.call('dial', server.service)
  process.stdout.write(
    `${name}: relayed ${over.elapsedMs.toFixed(0)} ms, with them ${dialed.elapsedMs.toFixed(0)} ms ` +
      `(${dialed.path.kind})\n`,
  )
  expect(dialed.elapsedMs).toBeLessThan(over.elapsedMs + 1_000)
  const what = { what: 'direct', nodeId: server.nodeId, timeoutMs: 20_000 } as const
  const found = await client.node.call('reported', what)
  process.stdout.write(`${name}: direct after ${found && found.atMs - dialed.atMs} ms\n`)
  expect(found?.path?.kind).toBe(dead < ADVERTISED ? 'direct' : undefined)
  if (found !== undefined) expect(found.atMs - dialed.atMs).toBeLessThan(DIRECT_WITHIN_MS)
})

it.each([
  ['behind a gateway', async () => (await reach.lab.gateway('away')).host('other')],
  ['in the network of the live address', () => reach.lab.host('near')],
])('a dial by a node %s that wants a direct path only has it as fast', async (name, makeHost) => {
  const other = await reach.node(await makeHost(), { role: 'node', holePunching: false })
  const server = await serverWith(ADVERTISED - 1)
  await other.node.call('waitFor', server.service)
  const { elapsedMs, path } = await other.node.call('dialDirectly', server.service)
  process.stdout.write(`${name}, a direct path only: ${elapsedMs.toFixed(0)} ms\n`)
  expect(path.kind).toBe('direct')
  expect(elapsedMs).toBeLessThan(DIRECT_WITHIN_MS)
})

it('a peer that begins to listen is reached directly with nobody dialing', async () => {
  const server = await reach.node(await reach.lab.host('listener'), { holePunching: false })
  expect((await client.node.call('dial', server.service)).path.kind).toBe('relay')
  await server.node.call('listen', ['[::]:5000'])
  const what = { what: 'direct', nodeId: server.nodeId, timeoutMs: 20_000 } as const
  expect(await client.node.call('reported', what)).toMatchObject({ path: { kind: 'direct', via: [] } })
})
