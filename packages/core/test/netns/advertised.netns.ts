import { afterAll, beforeAll, expect, it } from 'vitest'
import { ADVERTISED, makeDeadAddresses, serverWith } from './dead-addresses.js'
import { Reach, type Started } from './reach.js'

/** How long a direct link to the last of them may take, in ms: one attempt each 100 ms, and room for a busy machine. */
const DIRECT_WITHIN_MS = 3_000

let reach: Reach
let client: Started
let servers = 0

beforeAll(async () => {
  reach = await Reach.make()
  makeDeadAddresses(reach)
  // Behind a gateway: addresses in its own network would be dialed first.
  const home = await reach.lab.gateway('home')
  client = await reach.node(await home.host('client'), { role: 'node', holePunching: false })
}, 120_000)

afterAll(() => reach[Symbol.asyncDispose]())

it.each([
  ['no dead address', 0],
  ['as many dead addresses as fit beside a live one', ADVERTISED - 1],
  ['20 dead addresses, and a live one for which there is no room', 20],
])('a dial of a node with %s is answered, at the latest over the router', async (name, dead) => {
  const relayed = await reach.node(await reach.lab.host(`relayed${dead}`), { holePunching: false })
  // Both names are known before the first dial is timed.
  const server = await serverWith(reach, dead, `server${(servers += 1)}`)
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
  const server = await serverWith(reach, ADVERTISED - 1, `server${(servers += 1)}`)
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
