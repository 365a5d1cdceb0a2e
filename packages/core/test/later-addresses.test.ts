import type { NodeId } from '@astranet/interface'
import type { Link } from '@astranet/link'
import { expect, test } from 'vitest'
import type { AstraNet } from '../src/index.js'
import { LaterAddresses } from '../src/links/later-addresses.js'
import type { PreferredLinks } from '../src/links/preferred-links.js'
import { Net, throughRouter } from './discovery-support.js'

const PEER = 2n as NodeId

/** How the client reaches the server, by its open links. */
function pathsTo(client: AstraNet, { nodeId }: AstraNet): string[] {
  return client
    .inspect()
    .links.filter((link) => link.nodeId === nodeId)
    .map(({ path }) => path.kind)
}

test('a peer that is reached through a router is dialed where it begins to listen, without a dial of the program', async () => {
  await using net = new Net()
  const { server, client, socket } = await throughRouter(net)
  expect(socket.path.kind).toBe('relay')
  await server.listenAndServe('tcp4', '127.0.0.1:0')
  await expect.poll(() => pathsTo(client, server), { timeout: 30_000 }).toContain('direct')
  socket.destroy()
})

/** Addresses of a peer, and what is dialed because of them. */
function laterAddresses() {
  const state = { addresses: [] as readonly string[], direct: false, relayed: true, canDial: true, dials: 0 }
  const linkTo = (isThere: () => boolean) =>
    ({ linkTo: () => (isThere() ? ({} as Link) : undefined) }) as unknown as PreferredLinks
  const under = new LaterAddresses({
    direct: linkTo(() => state.direct),
    relayed: linkTo(() => state.relayed),
    addressesOf: () => state.addresses,
    dial: () => {
      if (state.canDial) state.dials += 1
      return state.canDial
    },
  })
  return { state, under }
}

test('the addresses that a peer has when its link is made are left to the dial; each later list is tried once', () => {
  const { state, under } = laterAddresses()
  state.addresses = ['one']
  under.changed(PEER)
  under.look()
  expect(state.dials).toBe(0)
  state.addresses = ['other']
  under.look()
  under.look()
  expect(state.dials).toBe(1)
  state.addresses = []
  under.look()
  expect(state.dials).toBe(1)
})

test('a list that comes while another try rests is tried after it', () => {
  const { state, under } = laterAddresses()
  under.changed(PEER)
  state.addresses = ['other']
  state.canDial = false
  under.look()
  state.canDial = true
  under.look()
  under.look()
  expect(state.dials).toBe(1)
})

test.each([
  ['has a direct link', { direct: true }],
  ['is not reached any more', { relayed: false }],
])('a peer that %s is not dialed', (_, links) => {
  const { state, under } = laterAddresses()
  under.changed(PEER)
  Object.assign(state, links)
  under.changed(PEER)
  state.addresses = ['other']
  under.look()
  expect(state.dials).toBe(0)
})
