import { toNodeId, type NodeId } from '@astranet/interface'
import { describe, expect, test } from 'vitest'
import { Chain, ChainNode, openOn, openTunnel } from './support/chain.js'
import { Tap } from './support/streams.js'
import { until } from './support/until.js'

describe('a router refuses, counts, and says why, for', () => {
  const cases: [name: string, reason: number, code: string, path: (chain: Chain) => [bigint[], number]][] = [
    ['a wrong position', 8, 'EPROTO', ({ path: [a, b, c] }) => [[a ?? 0n, b ?? 0n, 55n, c ?? 0n], 2]],
    ['a path that begins at another node', 8, 'EPROTO', ({ path: [, a, b] }) => [[99n, a ?? 0n, b ?? 0n], 1]],
    ['a node that nobody knows', 3, 'EHOSTUNREACH', ({ path: [a, b] }) => [[a ?? 0n, b ?? 0n, 77n], 1]],
  ]
  for (const [name, reason, code, make] of cases) {
    test(name, async () => {
      await using chain = await Chain.of(1)
      const [path, position] = make(chain)
      const link = chain.first.links.get(chain.router(0).nodeId)
      if (link === undefined) throw new Error('no link')
      const refused = openOn(link, { kind: 'tunnel', path: path as never, position })
      await expect(refused).rejects.toMatchObject({ code, reason })
      const { refused: counts, tunnels } = chain.router(0).forwarder.inspect()
      expect(Object.values(counts)).toEqual([1])
      expect(tunnels).toBe(0)
    })
  }

  test('a leaf on the way, before or behind it', async () => {
    await using chain = await Chain.of(3)
    chain.router(1).isRouter = false
    await expect(openTunnel(chain.first, chain.path)).rejects.toMatchObject({ code: 'EOPNOTSUPP' })
    expect(chain.router(1).forwarder.inspect().refused).toEqual({ NOT_SUPPORTED: 1 })
    await using other = await Chain.of(2)
    // The second hop comes from a node that says of itself that it forwards nothing.
    const [first, router] = [other.router(0), other.router(1)]
    const link = other.first.links.get(first.nodeId)
    if (link?.peer === undefined) throw new Error('no link')
    const near = router.links.get(first.nodeId)
    if (near?.peer === undefined) throw new Error('no link')
    Object.assign(near.peer, { roles: [] })
    await expect(openTunnel(other.first, other.path)).rejects.toMatchObject({ code: 'EHOSTUNREACH' })
    expect(router.forwarder.inspect().refused).toEqual({ UNREACHABLE: 1 })
  })

  test('more tunnels than a node may have, and takes one again when one has ended', async () => {
    await using chain = await Chain.of(1, { maxTunnelsPerNode: 2 })
    const first = new Tap((await chain.streams()).near)
    await chain.streams()
    await expect(chain.streams()).rejects.toMatchObject({ code: 'EDQUOT', reason: 11 })
    expect(chain.router(0).forwarder.inspect().refused).toEqual({ QUOTA: 1 })
    first.stream.destroy()
    await until(() => chain.router(0).forwarder.inspect().tunnels === 1)
    await chain.streams()
  })

  test('more tunnels than a router may pass on, and none of another node that it names', async () => {
    await using chain = await Chain.of(2, { maxTunnelsPerNode: 1, maxTunnels: 8 })
    const victim = new ChainNode(false)
    const [liar, router] = [chain.router(0), chain.router(1)]
    await victim.link(router)
    chain.last.onArrival = ({ link, stream }) => link.accept(stream)
    const between = liar.links.get(router.nodeId)
    if (between === undefined) throw new Error('no link')
    const named = (source: NodeId): Promise<unknown> => {
      const path = [source, liar.nodeId, router.nodeId, chain.last.nodeId]
      return openOn(between, { kind: 'tunnel', path, position: 2 })
    }
    await named(victim.nodeId)
    await expect(named(victim.nodeId)).rejects.toMatchObject({ code: 'EDQUOT' })
    await named(toNodeId(77n))
    await expect(named(toNodeId(78n))).rejects.toThrow(/may pass on here, 2/)
    // It has used up nothing of the victim's own.
    await openTunnel(victim, [victim.nodeId, router.nodeId, chain.last.nodeId])
  })

  test('more tunnels at once than its rate allows', async () => {
    await using chain = await Chain.of(1, { bytesPerSecondPerNode: 16_384 })
    const open = async (): Promise<void> => {
      for (let count = 0; count < 100; count++) (await chain.streams()).near.stream.destroy()
    }
    await expect(open()).rejects.toThrow(/faster than its rate/)
    expect(chain.router(0).forwarder.inspect().refused).toEqual({ QUOTA: 1 })
  })

  test('a hop that does not answer in time', async () => {
    await using chain = await Chain.of(1, { answerTimeoutMs: 20 })
    chain.last.onArrival = () => undefined
    await expect(openTunnel(chain.first, chain.path)).rejects.toMatchObject({ code: 'ETIMEDOUT' })
    expect(chain.router(0).forwarder.inspect()).toMatchObject({ opening: 0, tunnels: 0 })
  })
})
