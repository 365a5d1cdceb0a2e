import { expect, test } from 'vitest'
import { ChainNode, openTunnel, type Opened } from './support/chain.js'
import { slowPair } from './support/slow-pair.js'
import { flood, Tap } from './support/streams.js'

/** Nodes that all send through one router to one end. */
async function star(sources: number, { endRate, limits }: { endRate: number; limits?: object }) {
  const router = new ChainNode(true, limits === undefined ? {} : { limits })
  const end = new ChainNode(false)
  await router.link(end, slowPair(endRate))
  const arrived: Tap[] = []
  end.onArrival = ({ link, stream, initialBytes }) => {
    link.accept(stream)
    arrived.push(new Tap({ stream, initialBytes }))
  }
  const nodes = Array.from({ length: sources }, () => new ChainNode(false))
  return {
    router,
    end,
    nodes,
    arrived,
    open: (node: ChainNode): Promise<Opened> => openTunnel(node, [node.nodeId, router.nodeId, end.nodeId]),
    [Symbol.asyncDispose]: async () => {
      for (const each of [router, end, ...nodes]) for (const link of each.links.values()) link.destroy()
      await Promise.resolve()
    },
  }
}

/** Bytes that each tunnel delivered in each of `count` seconds, after a first one. */
function perSecond(taps: readonly Tap[], count: number): Promise<number[][]> {
  return new Promise((resolve) => {
    const totals: number[][] = []
    const timer = setInterval(() => {
      totals.push(taps.map(({ receivedBytes }) => receivedBytes))
      if (totals.length <= count) return
      clearInterval(timer)
      const differences = totals.map((now, second) =>
        now.map((bytes, index) => bytes - (totals[second - 1]?.[index] ?? 0)),
      )
      resolve(differences.slice(1))
    }, 1_000)
  })
}

test('ten tunnels of different speeds get within 10 % of each other in each second', async () => {
  await using net = await star(10, { endRate: 20e6 })
  const stops: (() => void)[] = []
  for (const [index, node] of net.nodes.entries()) {
    await node.link(net.router, slowPair((index + 2) * 3e6))
    stops.push(flood(new Tap(await net.open(node)), new Uint8Array(30_000)))
  }
  for (const bytes of await perSecond(net.arrived, 3))
    expect(Math.min(...bytes) / Math.max(...bytes)).toBeGreaterThan(0.9)
  for (const stop of stops) stop()
}, 30_000)

test('a node with eight tunnels gets as much as one with a single tunnel', async () => {
  await using net = await star(2, { endRate: 20e6 })
  const [many, one] = net.nodes as [ChainNode, ChainNode]
  const stops: (() => void)[] = []
  await many.link(net.router)
  await one.link(net.router)
  for (let index = 0; index < 8; index++)
    stops.push(flood(new Tap(await net.open(many)), new Uint8Array(30_000)))
  stops.push(flood(new Tap(await net.open(one)), new Uint8Array(30_000)))
  for (const bytes of await perSecond(net.arrived, 2)) {
    const single = bytes.pop() ?? 0
    const together = bytes.reduce((sum, each) => sum + each, 0)
    expect(single / together).toBeGreaterThan(0.85)
    expect(single / together).toBeLessThan(1.15)
    expect(Math.min(...bytes) / Math.max(...bytes)).toBeGreaterThan(0.85)
  }
  for (const stop of stops) stop()
}, 30_000)

test('a node sends no faster than it may, and nothing is lost', async () => {
  await using net = await star(1, { endRate: 100e6, limits: { bytesPerSecondPerNode: 2_000_000 } })
  const [node] = net.nodes as [ChainNode]
  await node.link(net.router)
  const tap = new Tap(await net.open(node))
  const stop = flood(tap, new Uint8Array(30_000))
  const [first = [0], second = [0]] = await perSecond(net.arrived, 2)
  for (const [bytes = 0] of [first, second]) {
    expect(bytes).toBeGreaterThan(1_700_000)
    expect(bytes).toBeLessThan(2_300_000)
  }
  stop()
  tap.stream.end()
  const [arrived] = net.arrived as [Tap]
  await arrived.until(() => arrived.hasEnded)
  expect(arrived.receivedBytes % 30_000).toBe(0)
}, 30_000)
