import { turn } from '@astranet/testkit'
import type { Rng } from '@astranet/testkit/sim'
import { isSame, joined, KEY_NUMBERS, startsWith } from './known-crypto.js'
import { must } from './must.js'
import { cut, mutateUnit } from './mutations.js'
import type { Outcome } from './stream-attack.js'
import { Victim } from './victim.js'
import { NETWORKS, sideOptions, type Network, type Sabotage } from './worlds.js'

/** A side that was given its keys, and the other side that it means to talk to. */
interface Side {
  readonly victim: Victim
  readonly network: Network
  /** Units of its partner that were passed on to it. */
  passed: number
}

const CODES = /^ASTRA_ERR_SECURE_(HANDSHAKE|KEY|SECRET|SIGNATURE|TRUNCATED)$/

/**
 * Two handshakes run at once, and everything passes an attacker: it changes, repeats, reflects and mixes what the four
 * sides send. A side completes if, and only if, another one exists that has sent exactly what it received, and has
 * received exactly what it sent.
 */
export async function attackInTheMiddle(random: Rng, sabotage: Sabotage | undefined): Promise<Outcome> {
  const first = random.pick(NETWORKS)
  const second = random.chance(0.6) ? first : random.pick(NETWORKS)
  const start = random.integer(0, KEY_NUMBERS.length - 1)
  const sides = (
    [
      ['initiator', first],
      ['responder', first],
      ['initiator', second],
      ['responder', second],
    ] as const
  ).map(([role, network], index): Side => {
    const keys = KEY_NUMBERS[(start + index) % KEY_NUMBERS.length] as number
    return { victim: new Victim(sideOptions(role, network, keys, sabotage)), network, passed: 0 }
  })
  await turn()
  // Sometimes each initiator is joined to the responder of the other handshake.
  const partners = random.chance(0.8) ? [1, 0, 3, 2] : [3, 2, 1, 0]
  for (let steps = random.integer(4, 14); steps > 0; steps--) {
    const target = random.integer(0, sides.length - 1)
    const partner = sides[partners[target] as number] as Side
    await step(random, sides, sides[target] as Side, partner)
  }
  return finish(sides)
}

async function step(random: Rng, sides: readonly Side[], target: Side, partner: Side): Promise<void> {
  const { victim } = target
  if (victim.pipe.isOver || victim.isSettled) return
  const due = partner.victim.pipe.writes[target.passed]
  const sent = sides.flatMap((side) => side.victim.pipe.writes)
  let unit = due
  if (unit === undefined || random.chance(0.12)) {
    // Where nothing is due the attacker mostly waits.
    if (unit === undefined && random.chance(0.7)) return
    const any = random.pick(sent)
    unit = random.chance(0.5) ? any : mutateUnit(random, unit ?? any, any)
  }
  if (unit === due) target.passed++
  await victim.receive(cut(random, unit))
}

async function finish(sides: readonly Side[]): Promise<Outcome> {
  const handshakes = sides.map(({ victim }) => joined(victim.pipe.writes))
  for (const { victim } of sides) victim.pipe.endByPeer()
  await turn()
  await turn()
  const outcomes = new Set<string>()
  for (const [index, side] of sides.entries()) outcomes.add(check(side, sides, handshakes, index))
  return [...outcomes].sort().join(' ')
}

function check(side: Side, sides: readonly Side[], sent: readonly Uint8Array[], index: number): Outcome {
  const { victim, network } = side
  const { role } = victim.options
  must(victim.isSettled, 'a handshake is pending although its pipe has ended')
  const mirror = sides.find(
    (other, at) =>
      other.victim.options.role !== role &&
      isMirrored(victim, sent[index] as Uint8Array, other.victim, sent[at] as Uint8Array),
  )
  if (victim.secured === undefined) {
    must(mirror === undefined || !hasSameNetwork(mirror.network, network), 'an honest handshake failed')
    const code = String(victim.error?.code)
    must(CODES.test(code), `a handshake failed with ${code}: ${String(victim.error?.message)}`)
    return code
  }
  must(mirror !== undefined, 'a side completed a handshake that no other side had with it')
  must(hasSameNetwork(mirror.network, network), 'a handshake completed between two networks')
  const { identity, payload } = mirror.victim.options
  must(isSame(victim.secured.peer.publicKey, identity.publicKey), 'the peer is another one')
  must(isSame(victim.secured.peer.payload, payload as Uint8Array), 'the payload is another one')
  const hash = mirror.victim.secured?.handshakeHash
  must(hash === undefined || isSame(victim.secured.handshakeHash, hash), 'the handshake hashes differ')
  return 'done'
}

/** Whether each has received what the other sent, as far as `victim` can know: nobody answers a third message. */
function isMirrored(victim: Victim, sent: Uint8Array, other: Victim, otherSent: Uint8Array): boolean {
  const isInitiator = victim.options.role === 'initiator'
  const [initiator, responder] = isInitiator ? [victim, other] : [other, victim]
  const [fromInitiator, fromResponder] = isInitiator ? [sent, otherSent] : [otherSent, sent]
  const first = initiator.pipe.writes[0]
  if (first === undefined || fromResponder.length === 0) return false
  // An end that a side which had completed sent as a record stands behind its messages.
  const expected = isInitiator ? first : fromInitiator
  if (!isInitiator && fromInitiator.length === first.length) return false
  return startsWith(responder.pipe.received, expected) && startsWith(initiator.pipe.received, fromResponder)
}

function hasSameNetwork(one: Network, other: Network): boolean {
  const none = new Uint8Array(0)
  return isSame(one.prologue, other.prologue) && isSame(one.psk ?? none, other.psk ?? none)
}
