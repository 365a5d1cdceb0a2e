import { toNodeId, type NodeId } from '@astranet/interface'
import { RefusalReason, type TunnelHeader } from '@astranet/link'
import fc from 'fast-check'
import { expect, test } from 'vitest'
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
  expect([1, 2, 4, 1_000].map((count) => tunnelShare(limits, count))).toEqual([
    262_144, 262_144, 131_072, 16_384,
  ])
})

test.each([
  [{ maxTunnels: 0 }, /^maxTunnels must be/],
  [{ maxTunnelsPerNode: 1.5 }, /^maxTunnelsPerNode must be/],
  [{ maxTunnelBytes: 16_383 }, /^maxTunnelBytes must be/],
  [{ maxTotalTunnelBytes: 1 }, /^maxTotalTunnelBytes must be/],
  [{ bytesPerSecondPerNode: 1 }, /^bytesPerSecondPerNode must be/],
  [{ answerTimeoutMs: 0 }, /^answerTimeoutMs must be/],
  [{ maxTunel: 1 }, /^maxTunel is not an option/],
])('%j is wrong, and the message names the limit', (limits: object, message) => {
  expect(() => resolveTunnelLimits(limits)).toThrow(message)
})
