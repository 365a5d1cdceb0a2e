import { expect, it } from 'vitest'
import { inside } from '../../../../tooling/test-support/netns/commands.js'
import { Lab } from '../../../../tooling/test-support/netns/lab.js'
import { hasMiniupnpd, Miniupnpd, NAMED_ADDRESS } from './miniupnpd.js'
import type { PuncherCalls } from './puncher.js'

const SCRIPT = new URL('puncher.ts', import.meta.url)

const hasDaemon = hasMiniupnpd()
if (!hasDaemon) process.stdout.write('left out: miniupnpd as a gateway: it is not installed here\n')

it.skipIf(!hasDaemon).each(['PCP', 'UPnP'] as const)(
  'miniupnpd forwards a port while it is asked to, by %s',
  async (protocol) => {
    await using lab = new Lab()
    const gateway = await lab.gateway('gateway', { nat: { ports: 'random', portMapping: true } })
    await using _daemon = await Miniupnpd.start(gateway, protocol)
    const server = lab.start<PuncherCalls>(await gateway.host('inside'), SCRIPT)
    const client = lab.start<PuncherCalls>(await lab.host('outside'), SCRIPT)
    const port = await server.call('observe')
    const rules = (): string =>
      inside(gateway.namespace, 'nft', 'list', 'chain', 'inet', 'filter', 'prerouting_miniupnpd')
    const external = await server.call('map', port)
    expect(external?.host).toBe(NAMED_ADDRESS)
    expect(rules()).toContain('dnat')
    const wan = gateway.wan.address
    const asked = { host: wan, port: external?.port ?? 0 }
    expect((await client.call('ask', asked)).observed.host).toMatch(/^203\.0\.113\./)
    await server.call('unmap')
    expect(rules()).not.toContain('dnat')
  },
)
