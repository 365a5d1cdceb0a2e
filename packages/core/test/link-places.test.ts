import type { NodeId } from '@astranet/interface'
import type { LinkRole } from '@astranet/link'
import { expect, test } from 'vitest'
import { LinkPlaces } from '../src/links/link-places.js'

const dialer = (nodeId: bigint): { nodeId: NodeId; role: LinkRole } => ({
  nodeId: nodeId as NodeId,
  role: 'dialer',
})
const acceptor = (nodeId: bigint): { nodeId: NodeId; role: LinkRole } => ({
  ...dialer(nodeId),
  role: 'acceptor',
})

test.each([
  [1, 1],
  [2, 1],
  [16, 15],
  [47, 45],
  [1024, 960],
])('of %i places, others get %i, and the rest is for what the node dials', (maxLinks, accepted) => {
  const places = new LinkPlaces<number>(maxLinks)
  for (let link = 0; link < accepted; link++)
    expect(places.take(link, acceptor(BigInt(link)))).toBe(undefined)
  expect(places.take(-1, acceptor(5000n))).toMatch(/^this node has the most links/)
  for (let link = accepted; link < maxLinks; link++)
    expect(places.take(link, dialer(BigInt(link)))).toBe(undefined)
  expect(places.take(-1, dialer(5000n))).toBe(`this node has the most links that it may have, ${maxLinks}`)
})

test('the place of a link goes to the one of that peer that is beyond the limit', () => {
  const places = new LinkPlaces<string>(2)
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
