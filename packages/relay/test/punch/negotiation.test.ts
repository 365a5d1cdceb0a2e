import type { NodeId } from '@astranet/interface'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CandidateKind } from '../../src/proto/punch/candidates.js'
import { formatEnd, parseEnd, type End } from '../../src/proto/punch/end.js'
import { GiveUpReason, PunchType } from '../../src/proto/punch/messages.js'
import {
  ANSWER_TIMEOUT_MS,
  PunchNegotiation,
  type OwnFacts,
  type PunchAction,
} from '../../src/proto/punch/negotiation.js'
import { ownFacts } from '../../src/proto/punch/own-facts.js'
import { MAX_ROUNDS_PER_MINUTE, RoundQuota } from '../../src/proto/punch/round-quota.js'

const LOW = 1n as NodeId
const HIGH = 2n as NodeId

function negotiation(self: NodeId, isWilling = true): PunchNegotiation {
  let rounds = Number(self) * 100
  return new PunchNegotiation({
    self,
    peer: self === LOW ? HIGH : LOW,
    quota: new RoundQuota(),
    aroundOf: () => ({ networks: [], relays: [parseEnd('203.0.113.9:1') as End], isSameSite: false }),
    randomRound: () => rounds++,
    isWilling: () => isWilling,
  })
}

function facts(site: number): OwnFacts {
  const seen = parseEnd(`198.51.100.${site}:5000`) as End
  return ownFacts({
    networks: [{ host: `192.168.${site}.2`, prefixBits: 24 }],
    observations: [{ local: parseEnd(`192.168.${site}.2:5000`) as End, seen }],
    ...{ advertised: [], mapped: [], listenPort: 6_000 },
  })
}

function kinds(actions: readonly PunchAction[]): string[] {
  return actions.map((action) => (action.kind === 'send' ? `send ${action.type.toString(16)}` : action.kind))
}

/** The message among the actions. */
function sent(actions: readonly PunchAction[]): [number, readonly unknown[]] {
  const found = actions.find((action) => action.kind === 'send')
  if (found === undefined) throw new Error(`nothing was sent: ${kinds(actions).join()}`)
  return [found.type, found.body]
}

/** Two sides that agree; what each does. */
function agree(rttMs = 40): { one: PunchNegotiation; other: PunchNegotiation; begun: PunchAction[][] } {
  const [one, other] = [negotiation(LOW), negotiation(HIGH)]
  const offer = sent(one.offer(facts(1), 0))
  expect(kinds(other.receive(...offer, rttMs / 2))).toEqual(['leftOut', 'prepare'])
  const consent = sent(other.consent(facts(2), rttMs / 2))
  const first = one.receive(...consent, rttMs)
  const second = other.receive(...sent(first), 1.5 * rttMs)
  return { one, other, begun: [first, second] }
}

describe('two peers that want a direct link', () => {
  it('begin at the same time, half a round trip after the start was sent', () => {
    const { begun } = agree(40)
    const [first, second] = begun.map((actions) => actions.find((each) => each.kind === 'begin'))
    expect(first).toMatchObject({ delayMs: 20 })
    expect(second).toMatchObject({ delayMs: 0 })
    expect(first?.stages.flatMap(({ steps }) => steps)).toMatchObject([
      { way: 'open', localPort: 5_000, remote: { host: '198.51.100.2', port: 5_000 } },
    ])
    expect(second?.stages.map(({ atMs }) => atMs)).toEqual(first?.stages.map(({ atMs }) => atMs))
  })

  it('end the round without a word once there is a link', () => {
    const { one, other } = agree()
    expect(kinds(one.succeeded())).toEqual(['end'])
    expect(one.succeeded()).toEqual([])
    expect(other.isIdle).toBe(false)
  })

  it('end it when the time is over, and tell each other', () => {
    const { one, other } = agree()
    expect(one.tick(one.dueAt - 1)).toEqual([])
    const ended = one.tick(one.dueAt)
    expect(kinds(ended)).toEqual(['send 23', 'end'])
    expect(kinds(other.receive(...sent(ended), 100))).toEqual(['end'])
    expect(one.isIdle && other.isIdle).toBe(true)
  })

  it('follow the offer of the lower node id when both ask at once', () => {
    const [one, other] = [negotiation(LOW), negotiation(HIGH)]
    const [low, high] = [sent(one.offer(facts(1), 0)), sent(other.offer(facts(2), 0))]
    // The offer may not have arrived, for instance because the peer did not want a link then.
    expect(sent(one.receive(...high, 10))).toEqual(low)
    expect(kinds(other.receive(...low, 10))).toEqual(['leftOut', 'prepare'])
    expect(other.receive(...low, 11)).toEqual([])
    expect(kinds(one.receive(...sent(other.consent(facts(2), 11)), 20))).toEqual([
      'leftOut',
      'send 22',
      'begin',
    ])
  })

  it('wait for an answer for 5 s', () => {
    const one = negotiation(LOW)
    one.offer(facts(1), 0)
    expect(one.tick(ANSWER_TIMEOUT_MS - 1)).toEqual([])
    expect(kinds(one.tick(ANSWER_TIMEOUT_MS))).toEqual(['send 23', 'end'])
    expect(one.dueAt).toBe(Infinity)
  })
})

describe('a peer that breaks the rules', () => {
  const offer = [7, 2, 0, [[CandidateKind.SEEN, '198.51.100.2:5000']]]

  it('is refused a consent that nobody asked for', () => {
    const one = negotiation(LOW)
    expect(one.receive(PunchType.CONSENT, offer, 0)).toMatchObject([
      { kind: 'refused', refusal: 'not asked for' },
    ])
    one.offer(facts(1), 0)
    expect(one.receive(PunchType.CONSENT, offer, 0)).toMatchObject([
      { kind: 'refused', refusal: 'not asked for' },
    ])
  })

  it('is refused a start before this node has agreed, and a second one', () => {
    const other = negotiation(HIGH)
    expect(kinds(other.receive(PunchType.START, [7], 0))).toEqual(['refused'])
    other.receive(PunchType.OFFER, offer, 0)
    expect(kinds(other.receive(PunchType.START, [7], 0))).toEqual(['refused'])
    other.consent(facts(1), 0)
    expect(kinds(other.receive(PunchType.START, [8], 0))).toEqual(['refused'])
    expect(kinds(other.receive(PunchType.START, [7], 0))).toEqual(['begin'])
    expect(kinds(other.receive(PunchType.START, [7], 0))).toEqual(['refused'])
  })

  it.each([
    ['too many addresses', [7, 2, 0, Array.from({ length: 25 }, () => [3, '198.51.100.2:5000'])]],
    ['no addresses', [7, 2, 0]],
    ['addresses that are no pairs', [7, 2, 0, ['198.51.100.2:5000']]],
    ['an address of great length', [7, 2, 0, [[3, '1'.repeat(65)]]]],
    ['a kind of NAT that is a text', [7, 'kept', 0, []]],
  ])('is told that its offer is invalid: %s', (_what, body) => {
    const other = negotiation(HIGH)
    const actions = other.receive(PunchType.OFFER, body, 0)
    expect(kinds(actions)).toEqual(['send 23', 'refused'])
    expect(sent(actions)[1][1]).toBe(GiveUpReason.INVALID)
    expect(other.isIdle).toBe(true)
  })

  it('has addresses left out that are not allowed, each with its fault; the others are tried', () => {
    const other = negotiation(HIGH)
    const bad = [
      '127.0.0.1:1',
      '224.0.0.1:1',
      '255.255.255.255:1',
      '203.0.113.9:7',
      '169.254.1.1:1',
      'nowhere',
    ]
    const list = [...bad, '198.51.100.2:9'].map((text) => [CandidateKind.ADVERTISED, text])
    const [left] = other.receive(PunchType.OFFER, [7, 0, 0, list], 0)
    expect(left).toMatchObject({ kind: 'leftOut' })
    const faults = left?.kind === 'leftOut' ? left.leftOut.map(({ fault }) => fault) : []
    expect(faults.sort()).toEqual(['broadcast', 'link-local', 'loopback', 'malformed', 'multicast', 'relay'])
    other.consent(facts(1), 0)
    const [begin] = other.receive(PunchType.START, [7], 0)
    const remotes =
      begin?.kind === 'begin'
        ? begin.stages.flatMap(({ steps }) => steps).map((s) => formatEnd(s.remote))
        : []
    expect(remotes).toEqual(['198.51.100.2:9'])
  })

  it('may ask ten times a minute, and not while a round is running', () => {
    const other = negotiation(HIGH)
    const refusals = Array.from({ length: MAX_ROUNDS_PER_MINUTE + 1 }, (_, round) => {
      const actions = other.receive(PunchType.OFFER, [round, 2, 0, []], 0)
      return kinds(actions).includes('refused')
    })
    expect(refusals.filter(Boolean)).toEqual([true])
    expect(refusals.at(-1)).toBe(true)
    expect(kinds(other.receive(PunchType.OFFER, [99, 2, 0, []], 6_001))).toEqual(['prepare'])
    const running = agree().other
    expect(kinds(running.receive(PunchType.OFFER, offer, 70_000))).toEqual(['send 23', 'refused'])
  })

  it('is told so where this node makes no direct link to it', () => {
    const actions = negotiation(HIGH, false).receive(PunchType.OFFER, offer, 0)
    expect(sent(actions)[1][1]).toBe(GiveUpReason.UNWILLING)
  })

  it('never makes a side throw, or dial what is not allowed, or begin without consent', () => {
    const text = fc.oneof(
      fc.constantFrom('127.0.0.1:1', '10.0.0.1:1', '203.0.113.9:5', '198.51.100.2:5'),
      fc.string(),
    )
    const candidate = fc.oneof(fc.tuple(fc.nat(5), text), fc.anything())
    const body = fc.oneof(
      fc.tuple(fc.nat(3), fc.nat(4), fc.nat(4), fc.array(candidate, { maxLength: 30 })),
      fc.tuple(fc.nat(3)),
      fc.anything(),
    )
    const move = fc.oneof(
      fc.tuple(fc.constant('receive' as const), fc.integer({ min: 0x20, max: 0x23 }), body),
      fc.tuple(fc.constantFrom('offer' as const, 'consent' as const, 'tick' as const)),
    )
    fc.assert(
      fc.property(fc.array(move, { maxLength: 30 }), (moves) => {
        const one = negotiation(HIGH)
        let mayBegin = false
        let now = 0
        for (const [what, type = 0, message] of moves) {
          now += 100
          const actions =
            what === 'receive'
              ? one.receive(type, message, now)
              : what === 'tick'
                ? one.tick(now)
                : one[what](facts(1), now)
          if (what === 'offer' || what === 'consent') mayBegin ||= actions.length > 0
          for (const action of actions) {
            if (action.kind !== 'begin') continue
            expect(mayBegin).toBe(true)
            const remotes = action.stages.flatMap(({ steps }) => steps).map(({ remote }) => remote.host)
            expect(remotes.filter((host) => /^(127|10)\.|^203\.0\.113\.9$/.test(host))).toEqual([])
          }
        }
      }),
    )
  })
})
