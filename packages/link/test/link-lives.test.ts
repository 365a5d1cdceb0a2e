import { encodeMessage } from '@astranet/frame/message'
import { toNodeId } from '@astranet/interface'
import { describe, expect, it } from 'vitest'
import { linkError, CloseCode, sharedSecretProof, type HelloProof, type LinkIdentity } from '@astranet/link'
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

/** A dialer and an acceptor. */
function pair(left: LinkIdentity, right: LinkIdentity, proof?: HelloProof): Pair {
  const clock = new VirtualClock()
  const ends = memoryPipe(clock)
  const common = { id: 0n, clock, ...(proof === undefined ? {} : { proof }) }
  const nonce = (byte: number) => (length: number) => new Uint8Array(length).fill(byte)
  const pair = {
    clock,
    left: new Side(ends[0], { ...common, role: 'dialer', identity: left, randomBytes: nonce(1) }),
    right: new Side(ends[1], { ...common, role: 'acceptor', identity: right, randomBytes: nonce(2) }),
    rightEnd: ends[1],
  }
  pair.left.link.start()
  pair.right.link.start()
  return pair
}

const one = (life?: number): LinkIdentity => ({
  nodeId: toNodeId(1n),
  incarnation: 1,
  ...(life === undefined ? {} : { life }),
})

describe('two ends with one id', () => {
  it.each([
    ['the same life', 5, 5, 'ASTRA_ERR_LINK_SELF'],
    ['no life', undefined, undefined, 'ASTRA_ERR_LINK_SELF'],
    ['other lives', 5, 6, 'ASTRA_ERR_LINK_CONFLICT'],
  ])('and %s both learn what they are', (_, left, right, code) => {
    const sides = pair(one(left), one(right))
    sides.clock.advance(10_000)
    expect([sides.left.opened, sides.right.opened]).toEqual([[], []])
    expect([sides.left.closes, sides.right.closes]).toMatchObject([[{ code }], [{ code }]])
  })
})

describe('a peer whose incarnation has moved', () => {
  it('says so on a link that is open, and a lower one means nothing', () => {
    const { clock, left, right } = pair(one(5), { ...one(6), nodeId: toNodeId(2n) })
    clock.run()
    right.link.tellIncarnation(9)
    clock.run()
    expect(left.link.facts).toMatchObject({ incarnation: 9, life: 6 })
    right.link.tellIncarnation(3)
    clock.run()
    expect(left.link.facts.incarnation).toBe(9)
  })

  it.each([[[2]], [[2, -1]], [[2, 'x']]])('and says nonsense %j, breaks the protocol', (message) => {
    const { clock, side, control } = openRawPeer()
    control.write(encodeMessage(message))
    clock.advance(10_000)
    expect(side.closes).toMatchObject([{ closeCode: CloseCode.PROTOCOL_ERROR }])
  })
})

it('a conflict of ids can be reported to a peer', () => {
  const { clock, left, right } = pair(one(5), { ...one(6), nodeId: toNodeId(2n) })
  clock.run()
  left.link.tellConflict()
  left.link.tellConflict()
  clock.run()
  expect([left.conflicts, right.conflicts]).toEqual([0, 2])
})

describe('a link that is ended from inside admit goes on no further', () => {
  const ways = [
    ['destroyed', (side: Side) => side.link.destroy()],
    ['closed', (side: Side) => side.link.close()],
    ['refused and destroyed', (side: Side) => (side.link.destroy(), linkError(CloseCode.REFUSED, 'no'))],
  ] as const

  it.each(ways)('when it is %s', (_, end) => {
    const { clock, left, right, rightEnd } = pair(one(5), { ...one(6), nodeId: toNodeId(2n) })
    let written = 0
    right.admit = () => {
      const refusal = end(right) ?? undefined
      written = rightEnd.written.length
      return refusal
    }
    clock.advance(10_000)
    expect([left.opened, right.opened, right.closes.length]).toEqual([[], [], 1])
    // Nothing behind the close, where there is one: no HELLO.
    expect(rightEnd.written.length - written).toBeLessThan(20)
  })

  it.each(ways)('when it is %s, and secrets are proved', async (_, end) => {
    const real = await sharedSecretProof('correct horse battery staple')
    let proofs = 0
    const proof: HelloProof = {
      prove: (input) => (proofs++, real.prove(input)),
      verify: (input, bytes) => real.verify(input, bytes),
    }
    const { clock, left, right } = pair(one(5), { ...one(6), nodeId: toNodeId(2n) }, proof)
    const judged = new Promise<void>((resolve) => {
      right.admit = () => (resolve(), end(right) ?? undefined)
    })
    let isJudged = false
    void judged.then(() => (isJudged = true))
    while (!isJudged) {
      clock.run()
      await new Promise((resolve) => setImmediate(resolve))
    }
    for (let turn = 0; turn < 20; turn++) {
      clock.advance(1_000)
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect([left.opened, right.opened, right.closes.length]).toEqual([[], [], 1])
    // The dialer's, and none of a side that was ended.
    expect(proofs).toBe(1)
  })
})
