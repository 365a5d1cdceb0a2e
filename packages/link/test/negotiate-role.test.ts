import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LINK_ROLES, type LinkRole, type Preamble } from '../src/proto/preamble.js'
import { negotiateRole } from '../src/proto/negotiate-role.js'
import { rawPreamble } from './support/raw-handshake.js'

function preamble(role: LinkRole, nonceByte: number): Preamble {
  return { ...rawPreamble, role, nonce: new Uint8Array(16).fill(nonceByte) }
}

describe('negotiating which side is the QMux client', () => {
  it.each([
    ['dialer', 'acceptor', 'client'],
    ['dialer', 'either', 'client'],
    ['acceptor', 'dialer', 'server'],
    ['acceptor', 'either', 'server'],
    ['either', 'dialer', 'server'],
    ['either', 'acceptor', 'client'],
  ] as const)('makes the %s of a pair with the %s the %s', (own, peer, expected) => {
    expect(negotiateRole(preamble(own, 1), preamble(peer, 2))).toBe(expected)
    expect(negotiateRole(preamble(own, 2), preamble(peer, 1))).toBe(expected)
  })

  it('makes the lower nonce the client when both are attached as equals', () => {
    expect(negotiateRole(preamble('either', 1), preamble('either', 2))).toBe('client')
    expect(negotiateRole(preamble('either', 200), preamble('either', 100))).toBe('server')
  })

  it('refuses two acceptors, two dialers, and equal nonces of any two', () => {
    for (const role of ['acceptor', 'dialer'] as const) {
      expect(negotiateRole(preamble(role, 1), preamble(role, 2))).toMatchObject({
        code: 'ASTRA_ERR_LINK_PROTOCOL',
      })
    }
    for (const own of LINK_ROLES) {
      for (const peer of LINK_ROLES) {
        expect(negotiateRole(preamble(own, 1), preamble(peer, 1))).toMatchObject({
          code: 'ASTRA_ERR_LINK_SELF',
        })
      }
    }
  })

  it('never gives both sides the same part', () => {
    const sides = fc.record({
      role: fc.constantFrom(...LINK_ROLES),
      nonce: fc.nat(3),
    })
    const run = fc.property(sides, sides, (left, right) => {
      const one = preamble(left.role, left.nonce)
      const other = preamble(right.role, right.nonce)
      const [here, there] = [negotiateRole(one, other), negotiateRole(other, one)]
      if (here === 'client') expect(there).toBe('server')
      else if (here === 'server') expect(there).toBe('client')
      else expect(there).toBeInstanceOf(Error)
    })
    fc.assert(run)
  })
})
