import { expect, it } from 'vitest'
import type { GatewayCalls } from './nat-pmp-gateway.js'
import { LINE, Reach } from './reach.js'

const SCRIPT = new URL('nat-pmp-gateway.ts', import.meta.url)

it('a gateway that forwards ports on demand lets a peer in, and forgets the port', async () => {
  await using reach = await Reach.make()
  const random = { ports: 'random', portMapping: true } as const
  const asked = await reach.lab.gateway('asked', { nat: random, line: LINE })
  const away = await reach.lab.gateway('away', { nat: random, line: LINE })
  const daemon = reach.lab.start<GatewayCalls>(asked.wan, SCRIPT)
  await daemon.call('start', asked.wan.address)
  const one = await reach.node(await asked.host('inside'), { portMapping: true })
  const other = await reach.node(await away.host('inside'))
  const dialed = await other.node.call('dial', one.service)
  const what = { what: 'direct', timeoutMs: 6_000 } as const
  const found = await other.node.call('reported', { ...what, nodeId: one.nodeId })
  expect(found?.path?.method).toBe('port-mapping')
  expect((found?.atMs ?? Infinity) - dialed.atMs).toBeLessThan(3_000)
  const back = await one.node.call('reported', { ...what, nodeId: other.nodeId })
  expect(back?.path?.method).toBe('dial-back')
  expect(await daemon.call('requests')).toBeGreaterThan(0)
  await expect.poll(() => daemon.call('forwarded')).toEqual([])
})

it('a node that closes before the gateway has answered leaves no port forwarded', async () => {
  await using reach = await Reach.make()
  const nat = { ports: 'random', portMapping: true } as const
  const gateway = await reach.lab.gateway('gateway', { nat, line: LINE })
  const away = await reach.lab.gateway('away', { nat: { ports: 'random' }, line: LINE })
  const daemon = reach.lab.start<GatewayCalls>(gateway.wan, SCRIPT)
  await daemon.call('start', gateway.wan.address)
  await daemon.call('mute')
  const one = await reach.node(await gateway.host('inside'), { portMapping: true })
  const other = await reach.node(await away.host('inside'))
  // Nobody answers it once the other node is closed.
  other.node.call('dial', one.service).catch(() => undefined)
  await expect.poll(() => daemon.call('forwarded'), { timeout: 20_000 }).not.toEqual([])
  const start = performance.now()
  await one.node.call('close')
  // Half a second is what it waits for the gateway; the rest is for a busy machine.
  expect(performance.now() - start).toBeLessThan(5_000)
  expect(await daemon.call('forwarded')).toEqual([])
})

it('without the option the gateway is not asked', async () => {
  await using reach = await Reach.make()
  const gateway = await reach.lab.gateway('gateway', {
    nat: { ports: 'random', portMapping: true },
    line: LINE,
  })
  const away = await reach.lab.gateway('away', { nat: { ports: 'random' }, line: LINE })
  const daemon = reach.lab.start<GatewayCalls>(gateway.wan, SCRIPT)
  await daemon.call('start', gateway.wan.address)
  const one = await reach.node(await gateway.host('inside'))
  const other = await reach.node(await away.host('inside'))
  await other.node.call('dial', one.service)
  const timeoutMs = 4_000
  expect(await other.node.call('reported', { what: 'direct', nodeId: one.nodeId, timeoutMs })).toBeUndefined()
  expect(await daemon.call('requests')).toBe(0)
})
