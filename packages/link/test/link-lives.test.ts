import { encodeMessage } from '@astranet/frame/message'
import { CloseCode, linkError } from '@astranet/link'
import { describe, expect, it } from 'vitest'
import { memoryPipe, type MemoryEnd } from './support/memory-pipe.js'
import { openRawPeer } from './support/raw-peer.js'
import { Side } from './support/side.js'
import { VirtualClock } from './support/virtual-clock.js'

interface Pair {
  readonly clock: VirtualClock
  readonly left: Side
  readonly right: Side
  readonly rightEnd: MemoryEnd
}

/** A node, and its life. */
interface Life {
  readonly id: bigint
  readonly life?: number
}

/** A dialer and an acceptor. */
function pair(left: Life, right: Life): Pair {
  const clock = new VirtualClock()
  const ends = memoryPipe(clock)
  const [one, other] = [left, right].map(({ id, life }, index) => {
    return new Side(ends[index] as MemoryEnd, {
      id,
      clock,
      introduction: { incarnation: 1, ...(life === undefined ? {} : { life }) },
      role: index === 0 ? 'dialer' : 'acceptor',
      randomBytes: (length: number) => new Uint8Array(length).fill(index + 1),
    })
  }) as [Side, Side]
  one.link.start()
  other.link.start()
  return { clock, left: one, right: other, rightEnd: ends[1] }
}

const one = (life?: number): Life => (life === undefined ? { id: 1n } : { id: 1n, life })

describe('two ends with one id', () => {
  it.each([
    ['the same life', 5, 5, 'ASTRA_ERR_LINK_SELF'],
    ['no life', undefined, undefined, 'ASTRA_ERR_LINK_SELF'],
    ['other lives', 5, 6, 'ASTRA_ERR_LINK_CONFLICT'],
  ])('and %s both learn what they are', async (_, left, right, code) => {
    const sides = pair(one(left), one(right))
    await sides.clock.pass(10_000)
    expect([sides.left.opened, sides.right.opened]).toEqual([[], []])
    expect([sides.left.closes, sides.right.closes]).toMatchObject([[{ code }], [{ code }]])
  })
})

describe('a peer whose incarnation has moved', () => {
  it('says so on a link that is open, and a lower one means nothing', async () => {
    const { clock, left, right } = pair(one(5), { id: 2n, life: 6 })
    await clock.settle()
    right.link.tellIncarnation(9)
    await clock.settle()
    expect(left.link.facts).toMatchObject({ incarnation: 9, life: 6 })
    expect([left.incarnations, right.incarnations]).toEqual([[9], []])
    right.link.tellIncarnation(3)
    await clock.settle()
    expect(left.link.facts.incarnation).toBe(9)
    expect(left.incarnations).toEqual([9])
  })

  it.each([[[2]], [[2, -1]], [[2, 'x']]])('and says nonsense %j, breaks the protocol', async (message) => {
    const { clock, side, control } = await openRawPeer()
    control.write(encodeMessage(message))
    await clock.pass(10_000)
    expect(side.closes).toMatchObject([{ closeCode: CloseCode.PROTOCOL_ERROR }])
  })
})

it('a conflict of ids can be reported to a peer', async () => {
  const { clock, left, right } = pair(one(5), { id: 2n, life: 6 })
  await clock.settle()
  left.link.tellConflict()
  left.link.tellConflict()
  await clock.settle()
  expect([left.conflicts, right.conflicts]).toEqual([0, 2])
})

describe('a link that is ended from inside admit goes on no further', () => {
  const ways = [
    ['destroyed', (side: Side) => side.link.destroy()],
    ['closed', (side: Side) => side.link.close()],
    ['refused and destroyed', (side: Side) => (side.link.destroy(), linkError(CloseCode.REFUSED, 'no'))],
  ] as const

  it.each(ways)('when it is %s', async (_, end) => {
    const { clock, left, right, rightEnd } = pair(one(5), { id: 2n, life: 6 })
    let written = 0
    right.admit = () => {
      const refusal = end(right) ?? undefined
      written = rightEnd.written.length
      return refusal
    }
    await clock.pass(10_000)
    expect([left.opened, right.opened, right.closes.length]).toEqual([[], [], 1])
    // Nothing but the transport parameters and the close, where there is one.
    expect(rightEnd.written.length - written).toBeLessThan(80)
  })
})
