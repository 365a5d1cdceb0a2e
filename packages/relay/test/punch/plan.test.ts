import { describe, expect, it } from 'vitest'
import { CandidateKind, type PeerFacts } from '../../src/proto/punch/candidates.js'
import { parseEnd, type End } from '../../src/proto/punch/end.js'
import { natFacts, NatKind, UNKNOWN_NAT, type Observation } from '../../src/proto/punch/nat-facts.js'
import { linkPort, ownFacts, type OwnSituation } from '../../src/proto/punch/own-facts.js'
import { planRound } from '../../src/proto/punch/plan.js'

function end(text: string): End {
  return parseEnd(text) as End
}

function seenAs(local: string, seen: string): Observation {
  return { local: end(local), seen: end(seen) }
}

/** A node in the network 192.168.`site`.0/24, whose NAT has the public address 198.51.100.`site`. */
function situation(
  site: number,
  ports: 'kept' | 'random' | 'open',
  more: Partial<OwnSituation> = {},
): OwnSituation {
  const own = ports === 'open' ? `198.51.100.${site}` : `192.168.${site}.2`
  const port = ports === 'random' ? 777 : 5_000
  return {
    networks: [{ host: own, prefixBits: 24 }],
    observations: [seenAs(`${own}:5000`, `198.51.100.${site}:${port}`)],
    ...{ advertised: [], mapped: [], listenPort: 6_000, ...more },
  }
}

/** What each side does, as texts. */
function plan(own: OwnSituation, peer: OwnSituation): string[] {
  const mine = ownFacts(own)
  const theirs: PeerFacts = ownFacts(peer).facts
  return planRound(mine, theirs).flatMap(({ atMs, steps }) =>
    steps.map(({ way, method, remote }) => `${atMs} ${way} ${method} ${remote.host}:${remote.port}`),
  )
}

describe('what routers see of a node', () => {
  it('is its own address where there is no NAT', () => {
    const facts = natFacts([seenAs('198.51.100.1:5000', '198.51.100.1:5000')], 4, ['198.51.100.1'])
    expect(facts).toEqual({ kind: NatKind.OPEN, seen: end('198.51.100.1:5000'), localPort: 5_000 })
  })

  it('shows a NAT that keeps ports, also where it could not keep one of them', () => {
    const kept = seenAs('192.168.1.2:5000', '198.51.100.1:5000')
    const other = seenAs('192.168.1.2:5001', '198.51.100.1:9')
    for (const observations of [
      [kept, other],
      [other, kept],
    ]) {
      expect(natFacts(observations, 4, [])).toMatchObject({ kind: NatKind.KEPT, localPort: 5_000 })
    }
  })

  it('shows random ports where none is kept, and says nothing of the other family', () => {
    const observations = [seenAs('192.168.1.2:5000', '198.51.100.1:9')]
    expect(natFacts(observations, 4, [])).toMatchObject({ kind: NatKind.RANDOM, localPort: 5_000 })
    expect(natFacts(observations, 6, [])).toEqual(UNKNOWN_NAT)
  })

  it('is taken from a router beyond the NAT, not from one in the local network or on the machine', () => {
    const observations = [
      seenAs('192.168.1.2:5000', '198.51.100.1:9'),
      seenAs('192.168.1.2:5001', '192.168.1.2:5001'),
      seenAs('127.0.0.1:5002', '127.0.0.1:5002'),
    ]
    expect(natFacts(observations, 4, ['192.168.1.2'])).toMatchObject({ kind: NatKind.RANDOM })
    expect(natFacts(observations.slice(2), 4, ['192.168.1.2'])).toEqual(UNKNOWN_NAT)
  })
})

describe('the plan of a round', () => {
  it.each([
    ['kept', '777'],
    ['random', '5000'],
  ] as const)('never tries many ports of a private address, from %s ports', (ports, port) => {
    const peer = { nat4: port === '777' ? NatKind.RANDOM : NatKind.KEPT, nat6: NatKind.UNKNOWN }
    const planned = (host: string): string[] => {
      const candidates = [{ kind: CandidateKind.SEEN, end: end(`${host}:${port}`) }]
      return planRound(ownFacts(situation(1, ports)), { ...peer, candidates }).flatMap(({ steps }) =>
        steps.map(({ way }) => way),
      )
    }
    expect(planned('198.51.100.2')).toEqual([ports === 'kept' ? 'try' : 'many'])
    expect(planned('192.168.1.77')).toEqual([])
  })

  it('opens at once where both NATs keep ports', () => {
    const one = situation(1, 'kept')
    expect(plan(one, situation(2, 'kept'))).toEqual([
      '0 dial local 192.168.2.2:6000',
      '400 open simultaneous-open 198.51.100.2:5000',
    ])
  })

  it('dials the machine where it has a public address, and opens at once in case of a firewall', () => {
    expect(plan(situation(1, 'kept'), situation(2, 'open'))).toEqual([
      '0 dial advertised 198.51.100.2:6000',
      '400 open simultaneous-open 198.51.100.2:5000',
    ])
  })

  it('opens many ports on the side with random ones, and tries ports on the other', () => {
    expect(plan(situation(1, 'random'), situation(2, 'kept')).at(-1)).toBe(
      '400 many many-ports 198.51.100.2:5000',
    )
    expect(plan(situation(2, 'kept'), situation(1, 'random')).at(-1)).toBe(
      '400 try many-ports 198.51.100.1:777',
    )
  })

  it('has nothing for two sides with random ports, beside addresses', () => {
    expect(plan(situation(1, 'random'), situation(2, 'random'))).toEqual(['0 dial local 192.168.2.2:6000'])
  })

  it('tries no ports of the NAT behind which this node is, too', () => {
    expect(plan(situation(1, 'kept'), situation(1, 'random'))).toEqual(['0 dial local 192.168.1.2:6000'])
  })

  it('dials local addresses first, then advertised and forwarded ones', () => {
    const peer = situation(2, 'random', {
      advertised: ['tcp://198.51.100.2:10000', 'tcp://example.org:1', 'ws://198.51.100.2:1'],
      mapped: [end('198.51.100.2:10001')],
    })
    expect(plan(situation(1, 'random'), peer)).toEqual([
      '0 dial local 192.168.2.2:6000',
      '100 dial port-mapping 198.51.100.2:10001',
      '100 dial advertised 198.51.100.2:10000',
    ])
  })

  it('begins what takes both sides at the same time on both, whoever has addresses to dial', () => {
    const silent = situation(1, 'kept', { listenPort: 0 })
    const at = (lines: string[]): unknown => lines.find((line) => line.includes('open '))?.split(' ')[0]
    expect(at(plan(silent, situation(2, 'kept')))).toBe(at(plan(situation(2, 'kept'), silent)))
  })

  it('listens at the port of a link to a router, unless the node has an endpoint there', () => {
    expect(linkPort(situation(1, 'kept'))).toBe(5_000)
    for (const address of [
      'tcp4://192.168.1.2:5000',
      'tcp6://[2001:db8::1]:5000',
      'ws://192.168.1.2:5000/astranet',
    ])
      expect(linkPort(situation(1, 'kept', { advertised: ['tcp4://192.168.1.2:80', address] }))).toBe(0)
    expect(linkPort(situation(1, 'kept', { advertised: ['tcp4://192.168.1.2:50001'] }))).toBe(5_000)
  })

  it('offers the addresses of the machine only where it listens, and never more than 24', () => {
    const none = ownFacts(situation(1, 'kept', { listenPort: 0 })).facts.candidates
    expect(none.map(({ kind }) => kind)).toEqual([CandidateKind.SEEN])
    const advertised = Array.from({ length: 30 }, (_, index) => `tcp://198.51.100.1:${index + 1}`)
    expect(ownFacts(situation(1, 'kept', { advertised })).facts.candidates).toHaveLength(24)
  })
})
