import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ipBatch, run } from '../../../../tooling/test-support/netns/commands.js'
import { LINE, Reach, type Started } from './reach.js'

/** How long a direct link may take once two nodes know each other, in ms. */
const DIRECT_WITHIN_MS = 3_000

describe('two nodes that both have joined a router', () => {
  let reach: Reach

  beforeEach(async () => {
    reach = await Reach.make()
  }, 240_000)

  afterEach(() => reach[Symbol.asyncDispose]())

  /** Dials over the router, and waits for the direct path. */
  async function directPath(from: Started, to: Started, timeoutMs: number) {
    const dialed = await from.node.call('dial', to.service)
    const found = await from.node.call('reported', { what: 'direct', nodeId: to.nodeId, timeoutMs })
    return { dialed, method: found?.path?.method, elapsedMs: (found?.atMs ?? Infinity) - dialed.atMs }
  }

  it.each([
    ['on', true],
    ['off', false],
  ])('behind one NAT connect within the local network, with hairpin %s', async (_, hairpin) => {
    const home = await reach.lab.gateway('home', { nat: { hairpin }, line: LINE })
    const [one, other] = [
      await reach.node(await home.host('one')),
      await reach.node(await home.host('other')),
    ]
    const { method, elapsedMs } = await directPath(one, other, 2 * DIRECT_WITHIN_MS)
    expect(['local', 'dial-back']).toContain(method)
    expect(elapsedMs).toBeLessThan(DIRECT_WITHIN_MS)
  })

  it('on one machine connect by its address', async () => {
    const home = await reach.lab.gateway('home', { nat: { ports: 'random' }, line: LINE })
    const host = await home.host('host')
    const [one, other] = [await reach.node(host), await reach.node(host)]
    const { method } = await directPath(one, other, DIRECT_WITHIN_MS)
    expect(['local', 'dial-back']).toContain(method)
  })

  it('whose local network keeps them apart are connected within 5 s all the same', async () => {
    const home = await reach.lab.gateway('home', { nat: { ports: 'random' }, line: LINE })
    const hosts = [await home.host('one'), await home.host('other')] as const
    // As in a hotel: what the switch takes from one port it gives to the gateway only.
    for (const port of ['port2', 'port3']) {
      run('ip', '-n', home.namespace, 'link', 'set', port, 'type', 'bridge_slave', 'isolated', 'on')
    }
    const [one, other] = [await reach.node(hosts[0]), await reach.node(hosts[1])]
    const { dialed, method } = await directPath(one, other, 5_000)
    expect(dialed.elapsedMs).toBeLessThan(5_000)
    expect([dialed.path.kind, method]).toEqual(['relay', undefined])
  })

  it.each([
    ['while a stream is open', true],
    ['after the link over the router has ended for want of streams', false],
  ])(
    'that are blocked at first connect within 65 s once they are not, %s',
    async (_, isInUse) => {
      const gates = [
        await reach.lab.gateway('one', { line: LINE }),
        await reach.lab.gateway('other', { line: LINE }),
      ]
      for (const gate of gates) {
        const others = gates.filter((each) => each !== gate).map(({ wan }) => wan.address)
        gate.setNat({ blocked: others })
      }
      const nodes = await Promise.all(gates.map(async (gate) => reach.node(await gate.host('inside'))))
      const [one, other] = nodes as [Started, Started]
      const { method } = await directPath(one, other, 25_000)
      expect(method).toBeUndefined()
      if (!isInUse) {
        await one.node.call('hangUp', other.service)
        const gone = { what: 'none', nodeId: other.nodeId, timeoutMs: 90_000 } as const
        expect(await one.node.call('reported', gone)).toBeDefined()
      }
      for (const gate of gates) gate.setNat({})
      const openedAtMs = Date.now()
      const found = await one.node.call('reported', {
        what: 'direct',
        nodeId: other.nodeId,
        timeoutMs: 70_000,
      })
      expect(found?.path?.method).toBe('simultaneous-open')
      expect((found?.atMs ?? Infinity) - openedAtMs).toBeLessThan(65_000)
      if (isInUse) await one.node.call('echo', other.service)
    },
    240_000,
  )

  it('connect again directly after the address of one has changed', async () => {
    const home = await reach.lab.gateway('home', { line: LINE })
    const other = await reach.node(await (await reach.lab.gateway('away', { line: LINE })).host('inside'))
    const host = await home.host('mover')
    const one = await reach.node(host)
    expect((await directPath(one, other, DIRECT_WITHIN_MS)).method).toBe('simultaneous-open')
    const changedAtMs = Date.now()
    ipBatch(host.namespace, [
      `addr del ${host.address}/24 dev eth0`,
      'addr add 192.168.1.77/24 dev eth0',
      'route add default via 192.168.1.1',
    ])
    // The links break without a word; the router is joined again, and with the next dial all begins anew.
    const since = { nodeId: other.nodeId, sinceMs: changedAtMs, timeoutMs: 10_000 }
    expect(await one.node.call('reported', { ...since, what: 'none' })).toBeDefined()
    const dialed = await one.node.call('dial', other.service)
    const found = await one.node.call('reported', { ...since, what: 'direct' })
    expect(found?.path?.method).toBe('simultaneous-open')
    expect(dialed.atMs - changedAtMs).toBeLessThan(15_000)
  })
})
