import type { NodeId } from '@astranet/interface'
import { describe, expect, test } from 'vitest'
import { DIRECT, relayed } from '../src/links/link-path.js'
import { LinkPlaces, type PlacedLink } from '../src/links/link-places.js'

const dialer = (nodeId: bigint): PlacedLink => ({ nodeId: nodeId as NodeId, role: 'dialer', path: DIRECT })
const acceptor = (nodeId: bigint): PlacedLink => ({ ...dialer(nodeId), role: 'acceptor' })
/** Links through routers are not among them. */
const UNSHARED = { isIdle: () => false, onReplaced: () => expect.unreachable() }
/** Accepted through routers, the one next to this node first. */
const tunnelled = (nodeId: bigint, ...via: readonly bigint[]): PlacedLink => ({
  ...acceptor(nodeId),
  path: relayed(via as NodeId[]),
})

test.each([
  [1, 1],
  [2, 1],
  [16, 15],
  [47, 45],
  [1024, 960],
])('of %i places, others get %i, and the rest is for what the node dials', (maxLinks, accepted) => {
  const places = new LinkPlaces<number>(maxLinks, UNSHARED)
  for (let link = 0; link < accepted; link++)
    expect(places.take(link, acceptor(BigInt(link)))).toBe(undefined)
  expect(places.take(-1, acceptor(5000n))).toMatch(/^this node has the most links/)
  for (let link = accepted; link < maxLinks; link++)
    expect(places.take(link, dialer(BigInt(link)))).toBe(undefined)
  expect(places.take(-1, dialer(5000n))).toBe(`this node has the most links that it may have, ${maxLinks}`)
})

test('the place of a link goes to the one of that peer that is beyond the limit', () => {
  const places = new LinkPlaces<string>(2, UNSHARED)
  expect(places.take('dialed', dialer(1n))).toBe(undefined)
  expect(places.take('accepted', acceptor(2n))).toBe(undefined)
  expect(places.take('beyond', acceptor(1n))).toBe(undefined)
  expect(places.take('one more', acceptor(1n))).toMatch(/the most links/)
  places.release('dialed')
  expect(places.take('stranger', dialer(3n))).toMatch(/the most links/)
  expect(places.take('beyond again', acceptor(1n))).toBe(undefined)
  places.release('beyond again')
  places.release('beyond')
  places.release('beyond')
  expect(places.take('stranger', acceptor(3n))).toMatch(/others may make to it, 1$/)
  expect(places.take('own', dialer(3n))).toBe(undefined)
})

describe('links that others make through routers', () => {
  const [router, other, near, far] = [1n, 2n, 3n, 4n] as const
  let sources = 1_000n

  /** Places whose losses are noted; those links are idle that are said to be. */
  function watched(maxLinks: number): {
    places: LinkPlaces<string>
    lost: string[]
    idle: Set<string>
    /** One more link, of a new source behind these nodes. */
    add(name: string, ...via: readonly bigint[]): string | undefined
    addAll(count: number, name: string, ...via: readonly bigint[]): void
  } {
    const lost: string[] = []
    const idle = new Set<string>()
    const places = new LinkPlaces<string>(maxLinks, {
      isIdle: (link) => idle.has(link),
      onReplaced: (link) => void lost.push(link),
    })
    const add = (name: string, ...via: readonly bigint[]): string | undefined =>
      places.take(name, tunnelled(sources++, ...via))
    const addAll = (count: number, name: string, ...via: readonly bigint[]): void => {
      for (let index = 1; index <= count; index++) expect(add(`${name}${index}`, ...via)).toBe(undefined)
    }
    return { places, lost, idle, add, addAll }
  }

  test.each([
    [1, 1],
    [2, 1],
    [3, 1],
    [47, 23],
    [64, 30],
    [1024, 480],
  ])('have half of the places of accepted ones, rounded up: of %i places %i', (maxLinks, count) => {
    const { places, lost, add, addAll } = watched(maxLinks)
    addAll(count, 'link ', router, near)
    if (maxLinks > 2) {
      const full = `this node has the most links that others may make to it through routers, ${count}`
      expect(add('one more', router, near)).toBe(full)
    }
    const kept = maxLinks === 1 ? 0 : Math.max(1, Math.floor(maxLinks / 16))
    const rest = maxLinks - kept - count
    for (let link = 0; link < rest; link++)
      expect(places.take(`direct ${link}`, acceptor(sources++))).toBe(undefined)
    expect(places.take('direct', acceptor(sources++))).toMatch(/the most links/)
    // Dialed ones have no part in this.
    for (let link = 0; link < kept; link++)
      expect(places.take(`dialed ${link}`, { ...tunnelled(sources++, router), role: 'dialer' })).toBe(
        undefined,
      )
    expect(lost).toEqual([])
  })

  test('lose the youngest one of the neighbour of a router that has most, to a newcomer behind another one', () => {
    const { lost, add, addAll } = watched(64)
    addAll(4, 'far ', router, far)
    addAll(26, 'near ', router, near)
    expect(add('near', router, near)).toMatch(/through routers, 30$/)
    // A neighbour that dials itself, and one that passes on what comes from others.
    expect(add('alone', router)).toBe(undefined)
    expect(add('far', router, far)).toBe(undefined)
    expect(lost).toEqual(['near 26', 'near 25'])
    expect(add('near', router, near)).toMatch(/through routers, 30$/)
  })

  test('lose an idle one of that neighbour first', () => {
    const { lost, idle, add, addAll } = watched(64)
    addAll(28, 'near ', router, near)
    addAll(2, 'far ', router, far)
    for (const link of ['far 1', 'near 3', 'near 5']) idle.add(link)
    for (const name of ['a', 'b', 'c']) expect(add(name, router)).toBe(undefined)
    expect(lost).toEqual(['near 5', 'near 3', 'near 28'])
  })

  test('are shared by routers first, whatever neighbours they name', () => {
    const { lost, idle, add, addAll } = watched(64)
    addAll(6, 'near ', router, near)
    for (let neighbour = 10n; neighbour < 34n; neighbour++) addAll(1, `of ${neighbour} `, other, neighbour)
    for (const link of ['near 6', 'of 20 1']) idle.add(link)
    expect(add('near', router, near)).toBe(undefined)
    expect(add('alone', router)).toBe(undefined)
    expect(lost).toEqual(['of 20 1', 'of 33 1'])
    expect(add('one more', other, 40n)).toMatch(/through routers, 30$/)
  })

  test('lose none where nobody has clearly more than the newcomer would have', () => {
    const { lost, add, addAll } = watched(64)
    for (let node = 10n; node < 25n; node++) addAll(2, `of ${node} `, router, node)
    expect(add('alone', router)).toMatch(/through routers, 30$/)
    expect(add('elsewhere', other)).toBe(undefined)
    expect(lost).toEqual(['of 24 2'])
  })

  test('lose one as well when connections have taken the other places, and take none of those', () => {
    const { places, lost, add, addAll } = watched(64)
    for (let link = 0; link < 50; link++)
      expect(places.take(`direct ${link}`, acceptor(sources++))).toBe(undefined)
    addAll(10, 'near ', router, near)
    expect(add('near', router, near)).toMatch(/may make to it, 60$/)
    expect(add('alone', router)).toBe(undefined)
    expect(lost).toEqual(['near 10'])
    expect(places.take('direct', acceptor(sources++))).toMatch(/may make to it, 60$/)
  })

  test("of a peer that has one beyond the limit are both lost, so that the place is not this peer's again", () => {
    const { places, lost, add, addAll } = watched(64)
    const peer = tunnelled(5n, router, near)
    addAll(29, 'near ', router, near)
    expect(places.take('placed', peer)).toBe(undefined)
    expect(places.take('beyond', peer)).toBe(undefined)
    expect(add('alone', router)).toBe(undefined)
    expect(lost).toEqual(['beyond', 'placed'])
    expect(places.has('beyond')).toBe(false)
    for (const link of lost) places.release(link)
    expect(places.take('again', peer)).toMatch(/through routers, 30$/)
  })

  test('give their places back, and the one of a link that has ended to that of its peer beyond the limit', () => {
    const { places, add } = watched(3)
    expect(places.take('first', tunnelled(5n, router))).toBe(undefined)
    expect(places.take('beyond', tunnelled(5n, router, near))).toBe(undefined)
    expect(add('other', router)).toMatch(/through routers, 1$/)
    places.release('first')
    expect(add('other', router)).toMatch(/through routers, 1$/)
    places.release('beyond')
    places.release('beyond')
    expect(add('other', router)).toBe(undefined)
    places.release('other')
    expect(add('again', router, near)).toBe(undefined)
  })
})
