import { nodeIdFromBytes, type NodeId } from '@astranet/interface'
import type { Link } from '@astranet/link'
import { expect, test } from 'vitest'
import { Conflicts } from '../src/links/conflicts.js'
import { turn } from './support.js'

/** A link to the given life of a node, which answers. */
function aLink(life: number): Link {
  return {
    facts: { incarnation: 1, life, isDialedHere: false, sequence: 1 },
    isDialable: true,
    ping: () => Promise.resolve(1),
    tellConflict() {},
  } as unknown as Link
}

function idOf(number: number): NodeId {
  return nodeIdFromBytes(Uint8Array.of(0, 0, 0, 0, 0, 0, number >> 8, number & 0xff))
}

test('a member that makes conflicts of ever new ids causes 64 warnings, and hides none of this node', async () => {
  let warnings = 0
  let published = 0
  const conflicts = new Conflicts(idOf(0), {
    publish: () => published++,
    warn: () => warnings++,
    hasSubscribers: () => true,
  })
  const remoteAddress = '192.0.2.1:1'
  for (let count = 1; count <= 200; count++)
    conflicts.opened(idOf(count), { link: aLink(1), remoteAddress }, { link: aLink(2), remoteAddress })
  await turn()
  expect([published, warnings]).toEqual([200, 64])
  conflicts.claimed(idOf(1), remoteAddress)
  expect([published, warnings]).toEqual([201, 65])
})
