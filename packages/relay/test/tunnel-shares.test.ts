import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MIN_TUNNEL_BYTES, resolveTunnelLimits } from '../src/proto/tunnel/tunnel-limits.js'
import { TunnelShares, type Sharer } from '../src/proto/tunnel/tunnel-shares.js'
import { ChainNode, openTunnel, type Opened } from './support/chain.js'
import { Tap } from './support/streams.js'
import { settled, until } from './support/until.js'

const TOTAL_BYTES = 4_194_304
const LIMITS = { maxTotalTunnelBytes: TOTAL_BYTES }

class Share implements Sharer {
  bytes = 0

  limit(maxBytes: number): void {
    this.bytes = maxBytes
  }
}

test('a neighbour with a thousand tunnels leaves half to one with a single tunnel', () => {
  const shares = new TunnelShares<Share>(resolveTunnelLimits(LIMITS))
  const many = Array.from({ length: 1_000 }, () => new Share())
  for (const share of many) shares.add('many', share)
  const single = new Share()
  shares.add('single', single)
  expect(single.bytes).toBe(TOTAL_BYTES / 4)
  expect(new Set(many.map(({ bytes }) => bytes))).toEqual(new Set([MIN_TUNNEL_BYTES]))
})

test('whatever comes and goes, all shares together are at most the total, and each neighbour has its part', () => {
  const operation = fc.record({ neighbour: fc.nat(5), isNew: fc.boolean(), which: fc.nat(100) })
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 200 }), (operations) => {
      const shares = new TunnelShares<Share>(resolveTunnelLimits(LIMITS))
      const open = new Map<number, Share[]>()
      for (const { neighbour, isNew, which } of operations) {
        const own = open.get(neighbour) ?? []
        open.set(neighbour, own)
        if (isNew) {
          own.push(new Share())
          shares.add(neighbour, own.at(-1) as Share)
        } else if (own.length > 0) {
          const [gone] = own.splice(which % own.length, 1)
          shares.delete(neighbour, gone as Share)
        }
        const groups = [...open.values()].filter(({ length }) => length > 0)
        const above = (bytes: number): number => (bytes === MIN_TUNNEL_BYTES ? 0 : bytes)
        const all = groups.flat().reduce((sum, { bytes }) => sum + 2 * above(bytes), 0)
        expect(all).toBeLessThanOrEqual(TOTAL_BYTES)
        for (const group of groups) {
          const [{ bytes = 0 } = {}] = group
          expect(group.every((share) => share.bytes === bytes)).toBe(true)
          // Counts are rounded up, by less than four.
          const part = TOTAL_BYTES / (2 * 4 * groups.length * 4 * group.length)
          expect(bytes).toBeGreaterThanOrEqual(Math.min(part, TOTAL_BYTES / 2))
        }
      }
    }),
  )
})

test('a neighbour that opens very many tunnels and never reads leaves the others what they need', async () => {
  const [hostile, honest, router, server] = [false, false, true, false].map((isRouter) => {
    return new ChainNode(isRouter, { limits: LIMITS })
  }) as [ChainNode, ChainNode, ChainNode, ChainNode]
  for (const node of [hostile, honest, server]) await node.link(router)
  const tunnel = async (from: ChainNode): Promise<{ near: Opened; far: Opened }> => {
    const arrived = new Promise<Opened>((resolve) => {
      server.onArrival = ({ link, stream, initialBytes }) => {
        link.accept(stream)
        resolve({ stream, initialBytes })
      }
    })
    const near = await openTunnel(from, [from.nodeId, router.nodeId, server.nodeId])
    return { near, far: await arrived }
  }
  const held = (of: ChainNode): number[] => {
    const tunnels = router.forwarder.inspectTunnels().filter(({ from }) => from === of.nodeId)
    return tunnels.map(({ heldBytes }) => heldBytes)
  }
  for (let count = 0; count < 64; count++) {
    const { near, far } = await tunnel(hostile)
    new Tap(near, { isReading: false })
    new Tap(far).stream.write(new Uint8Array(1 << 20))
  }
  const { near, far } = await tunnel(honest)
  const [reader, writer] = [new Tap(near), new Tap(far)]
  // The windows of a tunnel grow while it is used.
  writer.stream.write(new Uint8Array(4 << 20))
  await reader.until(() => reader.receivedBytes === 4 << 20)
  reader.stream.pause()
  writer.stream.write(new Uint8Array(20 << 20))
  await settled(() => writer.stream.sentBytes)
  // With one share for all tunnels alike it would be 16 KiB of 4 MiB.
  const [own = 0] = held(honest)
  expect(own).toBeGreaterThan(262_144)
  expect(own).toBeLessThanOrEqual(TOTAL_BYTES / 4)
  const hostileBytes = held(hostile).reduce((sum, bytes) => sum + bytes, 0)
  expect(hostileBytes).toBeLessThanOrEqual(TOTAL_BYTES / 2)
  reader.stream.resume()
  await reader.until(() => reader.receivedBytes === 24 << 20)
  for (const { links } of [hostile, honest, server]) for (const link of links.values()) link.destroy()
  await until(() => router.forwarder.inspect().tunnels === 0)
  expect(router.forwarder.inspect().heldBytes).toBe(0)
})
