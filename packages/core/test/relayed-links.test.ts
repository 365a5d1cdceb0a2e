import type { NodeId } from '@astranet/interface'
import type { Link } from '@astranet/link'
import { VirtualClock } from '@astranet/testkit/sim'
import { expect, test } from 'vitest'
import { RelayedLinks, type GoneLink } from '../src/links/relayed-links.js'

const PEER = 2n as NodeId

const IDLE_MS = 60_000

/** Links through routers of one node; a link that drains closes at once. */
function relayedLinks() {
  const clock = new VirtualClock()
  const gone: (GoneLink & { readonly atMs: number })[] = []
  const links = new RelayedLinks({
    ...{ self: 1n as NodeId, clock, idleMs: IDLE_MS, onChange: () => undefined },
    onGone: (_nodeId, link) => void gone.push({ ...link, atMs: clock.now() }),
  })
  const open = (isDialedHere: boolean) => {
    const session = { openStreams: 1 }
    const facts = { incarnation: 1, life: 1, isDialedHere, sequence: 1 }
    const link = { facts, session, drain: () => links.closed(PEER, link as unknown as Link) }
    links.add(PEER, link as unknown as Link)
    return { link: link as unknown as Link, session }
  }
  return { clock, gone, links, open }
}

test('a link that has had a stream says when, after it was idle for a minute', () => {
  const { clock, gone, links, open } = relayedLinks()
  const { link } = open(true)
  clock.advance(10_000)
  links.used(link)
  clock.advance(IDLE_MS - 1)
  expect(gone).toEqual([])
  clock.advance(1)
  expect(gone).toEqual([{ isDialedHere: true, usedAtMs: 10_000, isBroken: false, atMs: 70_000 }])
})

test('an open stream counts as use', () => {
  const { clock, gone, open } = relayedLinks()
  const { session } = open(true)
  session.openStreams = 2
  clock.advance(3 * IDLE_MS)
  session.openStreams = 1
  clock.advance(IDLE_MS)
  expect(gone).toEqual([{ isDialedHere: true, usedAtMs: 3 * IDLE_MS, isBroken: false, atMs: 4 * IDLE_MS }])
})

test('a link that has had no stream, and one that the other node made, say so', () => {
  const { clock, gone, open } = relayedLinks()
  open(true)
  clock.advance(IDLE_MS)
  expect(gone).toEqual([{ isDialedHere: true, usedAtMs: undefined, isBroken: false, atMs: IDLE_MS }])
  open(false)
  clock.advance(2 * IDLE_MS)
  expect(gone.at(-1)).toMatchObject({ isDialedHere: false, usedAtMs: undefined })
})

test('a link that breaks is gone at once, and of two only the last one', () => {
  const { clock, gone, links, open } = relayedLinks()
  const { link: first } = open(true)
  const { link: second } = open(true)
  links.used(second)
  const error = new Error('the router was killed')
  links.closed(PEER, first, error)
  expect(gone).toEqual([])
  links.closed(PEER, second, error)
  links.closed(PEER, second, error)
  expect(gone).toEqual([{ isDialedHere: true, usedAtMs: 0, isBroken: true, atMs: 0 }])
  clock.advance(IDLE_MS)
  expect(gone).toHaveLength(1)
})

test('a link that ends with an error after a go-away does not count as broken', () => {
  const { gone, links, open } = relayedLinks()
  const { link } = open(true)
  links.withdraw(PEER, link)
  links.closed(PEER, link, new Error('its last stream was reset'))
  expect(gone).toEqual([{ isDialedHere: true, usedAtMs: undefined, isBroken: false, atMs: 0 }])
})
