import { CloseCode, DoorwaySlots, linkError, type LinkGrant, type LinkOptions } from '@astranet/link'
import { nodeCrypto } from '@astranet/secure'
import { grantPsk } from '@astranet/secure/proto'
import type { Rng } from '@astranet/testkit/sim'
import { memoryPipe, type MemoryEnd } from '../support/memory-pipe.js'
import { Side } from '../support/side.js'
import { VirtualClock } from '../support/virtual-clock.js'
import { must, mustBeDecided, mustLeaveNothing, outcomeOf, watchTimers } from './invariants.js'
import { Relay } from './relay.js'

const ROLES = [
  ['dialer', 'acceptor'],
  ['dialer', 'acceptor'],
  ['dialer', 'acceptor'],
  ['dialer', 'either'],
  ['either', 'acceptor'],
  ['either', 'either'],
] as const

const PSKS = [1, 2].map((byte) => new Uint8Array(32).fill(byte))

/** Admissions that let nobody in: they refuse, throw, reject or never answer. */
const REFUSALS: readonly Side['admit'][] = [
  () => linkError(CloseCode.REFUSED, 'not here'),
  () => {
    throw new Error('broken policy')
  },
  () => Promise.reject(new Error('broken policy')),
  () => new Promise(() => {}),
]

/** Parts of the handshake in each direction: of the client preamble and messages 1 and 3, of the server the others. */
const PARTS = { forth: 3, back: 2 } as const

/**
 * Two links with somebody in between who changes what passes. Both open when nothing of the handshake was changed and
 * they have the same secret and admit each other; with anything else neither opens.
 */
export async function attackBetween(random: Rng): Promise<string> {
  const clock = new VirtualClock()
  const [leftEnd, leftRaw] = memoryPipe(clock)
  const [rightRaw, rightEnd] = memoryPipe(clock)
  const security = { isPrivate: random.chance(0.4) }
  for (const end of [leftEnd, rightEnd]) end.security = security
  const psk = random.pick([undefined, PSKS[0]])
  const otherPsk = random.chance(0.9) ? psk : random.pick([undefined, ...PSKS])
  const [role, otherRole] = random.pick(ROLES)
  const encryption = random.chance(0.3) ? 'always' : 'auto'
  const grant =
    role === 'dialer' && psk !== undefined && random.chance(0.3) ? await grantOf(random, psk) : undefined
  const slots = otherRole === 'acceptor' ? new DoorwaySlots({ random: () => random.float() }) : undefined
  const left = makeSide(clock, leftEnd, {
    id: 1n,
    role,
    encryption,
    ...(grant === undefined ? { psk } : { grant }),
  })
  const right = makeSide(clock, rightEnd, { id: 2n, role: otherRole, psk: otherPsk, encryption, slots })
  const forth = new Relay(random, rightRaw, PARTS.forth)
  const back = new Relay(random, leftRaw, PARTS.back)
  const isAttacked = random.chance(0.93)
  if (isAttacked) random.pick([forth, back]).target = random.integer(0, 3)
  if (random.chance(0.1)) random.pick([forth, back]).target = random.integer(0, 3)
  leftRaw.handle(forth)
  rightRaw.handle(back)
  const refusal = random.chance(0.15) ? random.pick(REFUSALS) : undefined
  if (refusal !== undefined) random.pick([left, right]).admit = refusal
  const timers = watchTimers(clock, [left, right])
  right.link.start()
  left.link.start()
  const attacked = [
    { side: left, end: leftEnd },
    { side: right, end: rightEnd },
  ]
  await mustBeDecided(clock, attacked)
  const isSameSecret = Buffer.compare(psk ?? NONE, otherPsk ?? NONE) === 0
  const isWhole = forth.isHandshakeIntact && back.isHandshakeIntact && isSameSecret && refusal === undefined
  const [hasOpened, hasOtherOpened] = [left.opened.length === 1, right.opened.length === 1]
  must(
    isWhole || (!hasOpened && !hasOtherOpened),
    'a link opened although its handshake was changed, or a side refused the other',
  )
  if (isWhole && forth.isIntact && back.isIntact)
    must(left.link.isOpen && right.link.isOpen, 'nothing was changed, and a link is not open')
  if (hasOtherOpened) {
    const { grantId = NONE } = right.link.remote ?? {}
    must(
      Buffer.compare(grantId, grant?.id ?? NONE) === 0,
      'a link opened by another grant than the presented one',
    )
  }
  const outcome = attacked.map(outcomeOf).sort().join(' ')
  await mustLeaveNothing(clock, attacked, timers)
  must((slots?.pending ?? 0) + (slots?.leaving ?? 0) === 0, 'a slot is taken by a link that has ended')
  return outcome
}

const NONE = new Uint8Array(0)

/** A grant of the network with that secret. */
async function grantOf(random: Rng, psk: Uint8Array): Promise<LinkGrant> {
  const id = random.bytes(16)
  return { id, psk: await grantPsk(nodeCrypto.crypto, psk, id), bytes: random.bytes(random.integer(1, 300)) }
}

/** A link's options, where what is `undefined` is left out. */
type SideOptions = {
  readonly [Name in 'role' | 'encryption' | 'psk' | 'grant' | 'slots']?: LinkOptions[Name] | undefined
}

function makeSide(
  clock: VirtualClock,
  end: MemoryEnd,
  { id, ...options }: SideOptions & { id: bigint },
): Side {
  const given = Object.entries(options).filter(([, value]) => value !== undefined)
  return new Side(end, { clock, id, ...(Object.fromEntries(given) as Partial<LinkOptions>) })
}
