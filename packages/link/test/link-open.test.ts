import { describe, expect, it } from 'vitest'
import type { LinkRole } from '../src/proto/preamble.js'
import { identityOf } from './support/identities.js'
import { memoryPipe } from './support/memory-pipe.js'
import { Side } from './support/side.js'
import { VirtualClock } from './support/virtual-clock.js'

function pair(
  roles: [LinkRole, LinkRole],
  pieceBytes?: number,
): { clock: VirtualClock; left: Side; right: Side } {
  const clock = new VirtualClock()
  const [one, other] = memoryPipe(clock, pieceBytes)
  const left = new Side(one, { id: 1n, clock, role: roles[0] })
  const right = new Side(other, { id: 2n, clock, role: roles[1] })
  return { clock, left, right }
}

describe('a link opens', () => {
  it.each([
    ['dialer', 'acceptor'],
    ['acceptor', 'dialer'],
    ['either', 'either'],
    ['either', 'acceptor'],
    ['dialer', 'either'],
  ] as const)('between a %s and a %s, on both sides', async (one, other) => {
    const { clock, left, right } = pair([one, other])
    left.link.start()
    right.link.start()
    await clock.settle()
    expect([left.opened, right.opened]).toEqual([['2'], ['1']])
    expect(left.link.isOpen && right.link.isOpen).toBe(true)
    expect(left.link.facts.isDialedHere).toBe(!right.link.facts.isDialedHere)
  })

  it('when every byte comes alone', async () => {
    const { clock, left, right } = pair(['dialer', 'acceptor'], 1)
    left.link.start()
    right.link.start()
    await clock.settle()
    expect(left.link.isOpen && right.link.isOpen).toBe(true)
  })

  it('when one side starts long after the other', async () => {
    const { clock, left, right } = pair(['dialer', 'acceptor'])
    left.link.start()
    await clock.pass(5_000)
    right.link.start()
    await clock.settle()
    expect(left.link.isOpen && right.link.isOpen).toBe(true)
  })

  it('and gives each side the id of the other and its own address as seen there', async () => {
    const clock = new VirtualClock()
    const [one, other] = memoryPipe(clock)
    const introduction = {
      incarnation: 77,
      roles: ['router'],
      listenAddresses: ['tcp4://10.0.0.1:900'],
      features: ['x'],
    }
    const left = new Side(one, { id: 1n, clock, introduction, sequence: 5, role: 'dialer' })
    const right = new Side(other, { id: 2n, clock, role: 'acceptor' })
    left.link.start()
    right.link.start()
    await clock.settle()
    expect(right.link.peer).toMatchObject({
      ...introduction,
      features: ['registry-2', 'x'],
      nodeId: identityOf(1n).nodeId,
      sequence: 5,
      observedAddress: '10.0.0.2:2',
    })
    expect(left.link.peer?.observedAddress).toBe('10.0.0.1:1')
    expect(right.link.facts).toEqual({
      incarnation: 77,
      isDialedHere: false,
      sequence: 5,
    })
    expect(left.link.facts).toMatchObject({ incarnation: 1, isDialedHere: true, sequence: 5 })
  })

  it('without leaving its deadline behind', async () => {
    const { clock, left, right } = pair(['dialer', 'acceptor'])
    left.link.start()
    right.link.start()
    await clock.pass(60_000)
    expect(left.link.isOpen && right.link.isOpen).toBe(true)
  })
})
