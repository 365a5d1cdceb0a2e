import { expect, it } from 'vitest'
import { CandidateKind } from '../../src/proto/punch/candidates.js'
import { parseEnd, type End } from '../../src/proto/punch/end.js'
import { NatKind } from '../../src/proto/punch/nat-facts.js'
import { isSameSite, ownFacts } from '../../src/proto/punch/own-facts.js'
import { planRound } from '../../src/proto/punch/plan.js'
import { TrustedViews, type RouterView } from '../../src/proto/punch/trusted-views.js'

function end(text: string): End {
  return parseEnd(text) as End
}

function view(seen: string, by: 'joined' | 'spare', local = '192.168.1.5:40000'): RouterView {
  return { local: end(local), seen: end(seen), isJoined: by === 'joined' }
}

const HONEST = view('198.51.100.7:51234', 'joined')
const LIE = view('203.0.113.99:443', 'spare')

it.each([
  ['of another port', LIE],
  ['that the NAT keeps ports', view('203.0.113.99:40000', 'spare')],
])(
  "a spare router's lie about the address, %s, sends no peer there, whichever router came first",
  (_, lie) => {
    for (const views of [
      [HONEST, lie],
      [lie, HONEST],
    ]) {
      const observations = new TrustedViews().of(views)
      const networks = [{ host: '192.168.1.5', prefixBits: 24 }]
      const base = { networks, observations, advertised: [], listenPort: 0, mapped: [] }
      const { facts } = ownFacts(base)
      expect(facts).toEqual({
        ...{ nat4: NatKind.RANDOM, nat6: NatKind.UNKNOWN },
        candidates: [{ kind: CandidateKind.SEEN, end: HONEST.seen }],
      })
      const peer = ownFacts({ ...base, observations: [view('198.51.100.8:40000', 'joined')] })
      const remotes = planRound(peer, facts).flatMap(({ steps }) => steps.map(({ remote }) => remote.host))
      expect(remotes).toEqual(['198.51.100.7'])
      expect(isSameSite(observations, [lie.seen])).toBe(false)
    }
  },
)

it('a spare router says nothing of the ports of the NAT either, while a joined one sees the node', () => {
  const views = [HONEST, view('198.51.100.7:40001', 'spare', '192.168.1.5:40001')]
  expect(new TrustedViews().of(views)).toEqual([HONEST])
})

it('one spare router alone is not believed, two that name the same address are', () => {
  const other = view('203.0.113.99:444', 'spare')
  expect(new TrustedViews().of([LIE])).toEqual([])
  expect(new TrustedViews().of([LIE, view('203.0.113.98:443', 'spare')])).toEqual([])
  expect(new TrustedViews().of([LIE, other])).toEqual([LIE, other])
})

it('a joined router that sees the local network or the other family does not make a lie true', () => {
  for (const seen of ['192.168.1.5:40000', '[2001:db8::5]:40000']) {
    const joined = view(seen, 'joined')
    expect(new TrustedViews().of([joined, LIE])).toEqual([joined])
  }
})

it('after the joined routers are gone, a spare router is believed that names the address that they saw', () => {
  const views = new TrustedViews()
  const truth = view('198.51.100.7:60000', 'spare')
  expect(views.of([HONEST, LIE])).toEqual([HONEST])
  expect(views.of([LIE])).toEqual([])
  expect(views.of([LIE, truth])).toEqual([truth])
  // The joined router is back, and sees the node elsewhere.
  const moved = view('198.51.100.9:1', 'joined')
  expect(views.of([moved, truth])).toEqual([moved])
  expect(views.of([truth])).toEqual([])
})
