import { toNodeId, type NodeId } from '@astranet/interface'
import { RefusalReason, type Link, type TunnelHeader } from '@astranet/link'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { chooseHop } from '../src/io/hop-choice.js'
import { hopFault, isLastHop, nextHeader } from '../src/proto/tunnel/hop.js'
import { resolveTunnelLimits, tunnelShare } from '../src/proto/tunnel/tunnel-limits.js'

const ids = (...numbers: readonly number[]): NodeId[] => numbers.map((each) => toNodeId(BigInt(each)))
const header = (position: number, ...path: readonly number[]): TunnelHeader => {
  return { kind: 'tunnel', position, path: ids(...path) }
}

test('a header is for the node at its position, from the node before it', () => {
  const [one, two, three] = ids(1, 2, 3) as [NodeId, NodeId, NodeId]
  expect(hopFault(header(1, 1, 2, 3), { self: two, peer: one })).toBeUndefined()
  const wrong = [
    hopFault(header(1, 1, 2, 3), { self: three, peer: one }),
    hopFault(header(1, 1, 2, 3), { self: two, peer: three }),
    hopFault(header(2, 1, 2, 3), { self: two, peer: one }),
  ]
  for (const fault of wrong) expect(fault?.reason).toBe(RefusalReason.INVALID)
})

test('the header for the next hop has its position, and the routers of a detour', () => {
  expect(nextHeader(header(1, 1, 2, 3))).toEqual(header(2, 1, 2, 3))
  expect(nextHeader(header(1, 1, 2, 3), ids(8, 9))).toEqual(header(2, 1, 2, 8, 9, 3))
  expect(nextHeader(header(1, 1, 2, 3), ids(8, 1))).toBeUndefined()
  const fifteen = Array.from({ length: 15 }, (_, index) => index + 10)
  expect(nextHeader(header(1, 1, 2, 3), ids(...fifteen))?.path).toHaveLength(18)
  expect(nextHeader(header(1, 1, 2, 3), ids(...fifteen, 99))).toBeUndefined()
})

test('whatever the routers insert, a path ends, and visits no node twice', () => {
  const detours = fc.array(fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 5 }), { maxLength: 40 })
  fc.assert(
    fc.property(detours, (inserted) => {
      let at: TunnelHeader | undefined = header(1, 1, 2, 3)
      let hops = 0
      while (at !== undefined && !isLastHop(at)) {
        at = nextHeader(at, ids(...(inserted[hops] ?? [])))
        hops += 1
        if (at !== undefined) expect(new Set(at.path).size).toBe(at.path.length)
        expect(hops).toBeLessThanOrEqual(18)
      }
    }),
  )
})

test('more tunnels get less each, down to the smallest window', () => {
  const limits = resolveTunnelLimits({ maxTotalTunnelBytes: 1_048_576, maxTunnelBytes: 262_144 })
  const shareOf = (tunnels: number): number => tunnelShare(limits, { neighbours: 1, tunnels })
  expect([1, 2, 4, 1_000].map(shareOf)).toEqual([262_144, 262_144, 131_072, 16_384])
})

test.each([
  [{ maxTunnels: 0 }, /"limits.maxTunnels" is out of range/],
  [{ maxTunnelsPerNode: 1.5 }, /"limits.maxTunnelsPerNode" is out of range/],
  [{ maxTunnelBytes: 16_383 }, /"limits.maxTunnelBytes" is out of range/],
  [{ maxTotalTunnelBytes: 1 }, /"limits.maxTotalTunnelBytes" is out of range/],
  [{ bytesPerSecondPerNode: 1 }, /"limits.bytesPerSecondPerNode" is out of range/],
  [{ answerTimeoutMs: 0 }, /"limits.answerTimeoutMs" is out of range/],
  [{ maxTunel: 1 }, /'limits.maxTunel' is not an option/],
])('%j is wrong, and the message names the limit', (limits: object, message) => {
  expect(() => resolveTunnelLimits(limits)).toThrow(message)
})

/** What router 9, which has links to nodes 1 to 4, asks its policy for a tunnel, and what it answers when `denied`. */
function asked(
  { path, position }: TunnelHeader,
  denied = '',
): { pairs: string[]; reason: number | undefined } {
  const links = new Map(ids(1, 2, 3, 4).map((nodeId) => [nodeId, { nodeId } as unknown as Link]))
  const pairs: string[] = []
  const peer = path[position - 1] as NodeId
  const parts = {
    self: toNodeId(9n),
    isRouter: () => true,
    linkTo: (nodeId: NodeId) => links.get(nodeId),
    isRouterAt: () => true,
    routersTo: () => undefined,
    isKnown: () => true,
    forwardRefusal: (...pair: Link[]) => {
      pairs.push(pair.map((link) => (link as unknown as { nodeId: NodeId }).nodeId).join('-'))
      return pairs.at(-1) === denied ? 'no' : undefined
    },
  }
  const found = chooseHop(parts, {
    ...{ peer, link: links.get(peer) as Link },
    header: { kind: 'tunnel', position, path },
  })
  return { pairs, reason: 'reason' in found ? found.reason : undefined }
}

test('the policy is asked for the neighbours, and for the ends of the path that are neighbours', () => {
  expect(asked(header(1, 1, 9, 2)).pairs).toEqual(['1-2'])
  expect(asked(header(1, 1, 9, 3, 2)).pairs).toEqual(['1-3', '1-2'])
  expect(asked(header(2, 1, 3, 9, 4, 2)).pairs).toEqual(['3-4', '1-2'])
  expect(asked(header(2, 77, 3, 9, 4, 2)).pairs).toEqual(['3-4', '3-2'])
  expect(asked(header(1, 1, 9, 3, 77)).pairs).toEqual(['1-3'])
})

test('a path with another router in it is no way around the policy', () => {
  expect(asked(header(1, 1, 9, 3, 2)).reason).toBeUndefined()
  expect(asked(header(1, 1, 9, 3, 2), '1-2').reason).toBe(RefusalReason.FORBIDDEN)
})
