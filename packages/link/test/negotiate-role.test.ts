import { toNodeId } from '@astranet/interface'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LINK_ROLES, type LinkRole, type Preamble } from '../src/proto/preamble.js'
import { negotiateRole } from '../src/proto/negotiate-role.js'

function preamble(role: LinkRole, nodeId: bigint, nonceByte: number): Preamble {
  const nonce = new Uint8Array(16).fill(nonceByte)
  return { qmuxDraft: 2, role, isResuming: false, nonce, nodeId: toNodeId(nodeId) }
}

describe('settling who is the QMux client', () => {
  it.each([
    ['dialer', 'acceptor', 'client'],
    ['dialer', 'either', 'client'],
    ['acceptor', 'dialer', 'server'],
    ['acceptor', 'either', 'server'],
    ['either', 'dialer', 'server'],
    ['either', 'acceptor', 'client'],
  ] as const)('makes the %s of a pair with the %s the %s', (own, peer, expected) => {
    expect(negotiateRole(preamble(own, 1n, 1), preamble(peer, 2n, 2))).toBe(expected)
    expect(negotiateRole(preamble(own, 2n, 2), preamble(peer, 1n, 1))).toBe(expected)
  })

  it('makes the lower node id the client when both dialed, whatever the nonces', () => {
    expect(negotiateRole(preamble('dialer', 1n, 9), preamble('dialer', 2n, 1))).toBe('client')
    expect(negotiateRole(preamble('dialer', 2n ** 64n - 1n, 1), preamble('dialer', 2n, 9))).toBe('server')
  })

  it('makes the lower nonce the client when both are attached as equals, whatever the ids', () => {
    expect(negotiateRole(preamble('either', 9n, 1), preamble('either', 2n, 2))).toBe('client')
    expect(negotiateRole(preamble('either', 2n, 200), preamble('either', 9n, 100))).toBe('server')
  })

  it('goes by the nonces when two dialers claim one id, whose HELLOs tell whether they are one node', () => {
    expect(negotiateRole(preamble('dialer', 1n, 1), preamble('dialer', 1n, 2))).toBe('client')
    expect(negotiateRole(preamble('dialer', 1n, 2), preamble('dialer', 1n, 1))).toBe('server')
    expect(negotiateRole(preamble('dialer', 1n, 2), preamble('acceptor', 1n, 1))).toBe('client')
  })

  it('refuses two acceptors, and equal nonces', () => {
    expect(negotiateRole(preamble('acceptor', 1n, 1), preamble('acceptor', 2n, 2))).toMatchObject({
      code: 'ASTRA_ERR_LINK_PROTOCOL',
    })
    expect(negotiateRole(preamble('either', 1n, 1), preamble('either', 2n, 1))).toMatchObject({
      code: 'ASTRA_ERR_LINK_SELF',
    })
  })

  it('never gives both sides the same part', () => {
    const sides = fc.record({
      role: fc.constantFrom(...LINK_ROLES),
      id: fc.bigInt({ min: 0n, max: 3n }),
      nonce: fc.nat(3),
    })
    const run = fc.property(sides, sides, (left, right) => {
      const one = preamble(left.role, left.id, left.nonce)
      const other = preamble(right.role, right.id, right.nonce)
      const [here, there] = [negotiateRole(one, other), negotiateRole(other, one)]
      if (here === 'client') expect(there).toBe('server')
      else if (here === 'server') expect(there).toBe('client')
      else expect(there).toBeInstanceOf(Error)
    })
    fc.assert(run)
  })
})
