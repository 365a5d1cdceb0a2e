import { nodeIdFromBytes, toNodeId, type NodeId } from '@astranet/interface'
import type { Link } from '@astranet/link'
import { describe, expect, test } from 'vitest'
import { MAX_PENDING_PER_LINK, PendingTunnels } from '../src/listen/pending-tunnels.js'
import { Member } from './member.js'
import { place, serves, type Place } from './router-place.js'
import { until } from './support.js'

/** So that no tunnel loses its place because its time is over. */
const PATIENT = { helloTimeoutMs: 600_000 }

const stranger = (index: number): NodeId => toNodeId(BigInt(1_000 + index))

/** A tunnel in which nobody begins a handshake. */
interface Held {
  isLost: boolean
}

/** Opens one that the server accepts. `names`: the nodes that stand before the member in the path. */
function hold(
  { link, idBytes }: Member,
  { router, server }: Place,
  names: readonly NodeId[] = [],
): Promise<Held> {
  const held = { isLost: false }
  const onLost = (): void => void (held.isLost = true)
  const path = [...names, nodeIdFromBytes(idBytes), router.nodeId, server.nodeId]
  return new Promise((resolve, reject) => {
    link.dial(
      { kind: 'tunnel', path, position: names.length + 1 },
      {
        onAccepted: (_, stream) => {
          stream.handle({ onData: () => undefined, onEnd: onLost, onReset: onLost })
          resolve(held)
        },
        onFailed: (_, error) => reject(error),
      },
    )
  })
}

function lost(tunnels: readonly Held[]): number {
  return tunnels.filter(({ isLost }) => isLost).length
}

describe('a member that opens tunnels and begins no handshake', () => {
  test('keeps nobody else out when it holds all places, and has no more than these', async () => {
    await using net = await place({}, PATIENT)
    await using member = await Member.join(net.address)
    const many = Array.from({ length: MAX_PENDING_PER_LINK }, () => hold(member, net))
    const tunnels = await Promise.all(many)
    expect(lost(tunnels)).toBe(0)
    await serves(net)
    await until(() => lost(tunnels) === 1)
    expect(tunnels[0]).toEqual({ isLost: true })
    const more = await Promise.all(Array.from({ length: MAX_PENDING_PER_LINK }, () => hold(member, net)))
    await until(() => lost(tunnels) === MAX_PENDING_PER_LINK)
    await serves(net)
    expect(lost(more)).toBeLessThanOrEqual(2)
  })

  test('takes no place of another member either when it names sources that do not exist', async () => {
    await using net = await place({}, PATIENT)
    await using slow = await Member.join(net.address)
    await using member = await Member.join(net.address, { roles: ['router'] })
    const honest = await hold(slow, net)
    // With the honest one there are as many as may be.
    const rest = MAX_PENDING_PER_LINK - 1
    const holdAll = (from: number): Promise<Held[]> => {
      const each = (_: unknown, index: number): Promise<Held> => hold(member, net, [stranger(from + index)])
      return Promise.all(Array.from({ length: rest }, each))
    }
    const tunnels = [...(await holdAll(0)), ...(await holdAll(rest))]
    await until(() => lost(tunnels) === rest)
    expect(honest).toEqual({ isLost: false })
    await serves(net)
  })
})

describe('when the places of a link are full', () => {
  const self = toNodeId(1n)
  const [router, near, far] = [2n, 3n, 4n].map(toNodeId) as [NodeId, NodeId, NodeId]

  /** Which of the tunnels, opened one after the other, have lost their places. */
  function cut(...paths: readonly NodeId[][]): number[] {
    const lostOnes: number[] = []
    const places = new PendingTunnels()
    const link = {} as Link
    for (const [index, path] of paths.entries()) places.add(link, { path, cut: () => lostOnes.push(index) })
    return lostOnes
  }

  function times(count: number, pathOf: (index: number) => NodeId[]): NodeId[][] {
    return Array.from({ length: count }, (_, index) => pathOf(index))
  }

  test("the oldest tunnel of the router's neighbour with most of them is lost", () => {
    const ofFar = times(31, () => [far, router, self])
    const ofNear = times(34, () => [near, router, self])
    expect(cut(...ofFar, ...ofNear)).toEqual([31])
    expect(cut(...ofNear, ...ofFar)).toEqual([0])
  })

  test('and of several nodes that this neighbour names, that of the node named most often', () => {
    const named = times(62, (index) => [stranger(index), near, router, self])
    const often = times(2, () => [stranger(100), near, router, self])
    expect(cut(...named, ...often, [far, router, self])).toEqual([62])
  })

  test('the oldest of all where no node has more than one, and none before they are full', () => {
    const alike = times(66, (index) => [stranger(index), router, self])
    expect(cut(...alike.slice(0, 64))).toEqual([])
    expect(cut(...alike)).toEqual([0, 1])
  })

  test('the tunnels of the router itself are one group', () => {
    const own = times(33, () => [router, self])
    const others = times(32, () => [near, router, self])
    expect(cut(...others, ...own)).toEqual([32])
  })

  test('a place is free again when its tunnel has ended', () => {
    const places = new PendingTunnels()
    const link = {} as Link
    const losses: string[] = []
    const first = { path: [near, router, self], cut: () => losses.push('first') }
    places.add(link, first)
    places.delete(link, first)
    places.delete(link, first)
    for (const path of times(64, () => [near, router, self]))
      places.add(link, { path, cut: () => losses.push('a later one') })
    expect(losses).toEqual([])
    // Each link has places of its own.
    places.add({} as Link, first)
    expect(losses).toEqual([])
  })
})
