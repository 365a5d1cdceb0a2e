import { concatBytes, type ByteDuplex } from '@astranet/interface'
import { rng, simLink, VirtualClock, type Rng, type SimLink } from '@astranet/testkit/sim'
import { tamperingPipe, type Tamper } from '../support/tampering-pipe.js'
import { isSame, KEY_NUMBERS, startsWith } from './known-crypto.js'
import { must } from './must.js'
import { SimulatedSide, type SidePlan } from './simulated-side.js'
import { NETWORKS, sideOptions, type Network } from './worlds.js'

/** What happens to the bytes of a run. */
type Fault = 'none' | 'cut' | 'drop' | 'repeat' | 'flip' | 'secret'

/** When a link that hangs is cut, in ms of virtual time. Nothing takes as long. */
const PATIENCE_MS = 600_000

/** How a run went, and all that is needed to see that two runs are the same. */
export interface Run {
  readonly fault: Fault
  readonly hasHit: boolean
  /** How each side ended: `done` or a code. */
  readonly ends: readonly string[]
  /** When, in ms of virtual time, and what arrived. */
  readonly endedMs: number
  readonly receivedBytes: readonly number[]
}

interface Tampering {
  readonly tamper: Tamper
  hasHit: boolean
}

/**
 * A handshake and records both ways over a link that splits, delays and jitters, and may break, lose, repeat or change
 * bytes at some place. What a side receives is always a beginning of what the other has sent, and a clean end only
 * comes behind all of it.
 */
export async function simulate(seed: number): Promise<Run> {
  const random = rng(seed)
  const clock = new VirtualClock()
  const fault: Fault = random.pick(['none', 'none', 'none', 'cut', 'cut', 'drop', 'repeat', 'flip', 'secret'])
  const link = makeLink(clock, random.fork(), fault)
  const tampering = tamperWith(random.fork(), fault)
  const isFirstHit = random.chance(0.5)
  const hit = (pipe: ByteDuplex, isHit: boolean): ByteDuplex =>
    isHit ? tamperingPipe(pipe, tampering.tamper) : pipe
  const network = random.pick(NETWORKS)
  const sides = [
    side(random, clock, hit(link.a, isFirstHit), 'initiator', network),
    side(
      random,
      clock,
      hit(link.b, !isFirstHit),
      'responder',
      fault === 'secret' ? foreign(network) : network,
    ),
  ] as const
  const patience = clock.setTimer(PATIENCE_MS, () => link.cut())
  stall(random, clock, link)
  await clock.drive(Promise.all(sides.map(({ over }) => over)))
  const endedMs = clock.now()
  patience.cancel()
  clock.runUntilIdle()
  check(sides, fault, tampering.hasHit, endedMs)
  const receiver = sides[isFirstHit ? 0 : 1]
  if (tampering.hasHit)
    must(receiver.error !== undefined, 'a side did not notice that its bytes were changed')
  const ends = sides.map(({ error }) => String(error === undefined ? 'done' : error.code))
  return {
    fault,
    hasHit: tampering.hasHit,
    ends,
    endedMs,
    receivedBytes: sides.map(({ received }) => received.length),
  }
}

function makeLink(clock: VirtualClock, random: Rng, fault: Fault): SimLink {
  const longest = random.pick([1, 7, 100, 5_000, Infinity])
  const direction = {
    delayMs: random.integer(0, 300),
    jitterMs: random.pick([0, 0, 50]),
    bytesPerSecond: random.pick([Infinity, 1_000_000, 50_000]),
    bufferBytes: random.pick([1, 1_000, 65_536]),
    maxPieceBytes: longest,
  }
  const cutAfterBytes = fault === 'cut' ? place(random) : Infinity
  return simLink(clock, { ...direction, rng: random, halfClose: random.chance(0.7), aToB: { cutAfterBytes } })
}

/** A place in what one side sends: as often in the handshake as behind it. */
function place(random: Rng): number {
  return random.chance(0.5) ? random.integer(0, 250) : random.integer(250, 3_000)
}

/** Loses, repeats or changes some bytes of one direction, at one place. */
function tamperWith(random: Rng, fault: Fault): Tampering {
  const from = place(random)
  const length = random.integer(1, 30)
  const isTampering = fault === 'drop' || fault === 'repeat' || fault === 'flip'
  let at = 0
  const tampering: Tampering = {
    hasHit: false,
    tamper: (chunk) => {
      const start = from - at
      at += chunk.length
      if (!isTampering || tampering.hasHit || start < 0 || start >= chunk.length) return [chunk]
      tampering.hasHit = true
      const [before, hit, after] = [
        chunk.subarray(0, start),
        chunk.subarray(start, start + length),
        chunk.subarray(start + length),
      ]
      if (fault === 'drop') return [concatBytes([before, after])]
      if (fault === 'repeat') return [concatBytes([before, hit, hit, after])]
      return [concatBytes([before, hit.map((byte) => byte ^ (1 << (length & 7))), after])]
    },
  }
  return tampering
}

function foreign({ prologue }: Network): Network {
  return { prologue, psk: new Uint8Array(32).fill(9) }
}

function side(
  random: Rng,
  clock: VirtualClock,
  pipe: ByteDuplex,
  role: 'initiator' | 'responder',
  network: Network,
): SimulatedSide {
  const keys = KEY_NUMBERS[role === 'initiator' ? 0 : 1] as number
  const plan: SidePlan = {
    options: sideOptions(role, network, keys),
    chunks: Array.from({ length: random.integer(0, 6) }, () => random.bytes(random.pick([1, 50, 900]))),
    isHasty: random.chance(0.5),
    pausesAfterBytes: random.chance(0.3) ? random.integer(0, 500) : Infinity,
  }
  return new SimulatedSide(clock, random.fork(), pipe, plan)
}

/** Sometimes nothing moves for a while. */
function stall(random: Rng, clock: VirtualClock, link: SimLink): void {
  if (random.chance(0.7)) return
  clock.setTimer(random.integer(0, 400), () => link.hold())
  clock.setTimer(random.integer(400, 2_000), () => link.release())
}

function check(
  sides: readonly [SimulatedSide, SimulatedSide],
  fault: Fault,
  hasHit: boolean,
  endedMs: number,
): void {
  for (const [index, one] of sides.entries()) {
    const other = sides[1 - index] as SimulatedSide
    must(one.violations.length === 0, one.violations.join(', '))
    must(startsWith(other.sent, one.received), 'a side received what the other did not send')
    if (one.hasReadEnd) must(isSame(one.received, other.sent), 'a side read the end before all bytes')
    if (one.error === undefined) must(one.hasReadEnd, 'a side closed cleanly and had not read the end')
    if (fault === 'secret') must(!one.isSecured, 'a handshake completed between two secrets')
    if (fault === 'none' || (fault !== 'cut' && fault !== 'secret' && !hasHit))
      must(one.error === undefined, `nothing was wrong, and a side ended with ${String(one.error)}`)
  }
  if (fault === 'none') must(endedMs < PATIENCE_MS, 'a link without a fault hangs')
}
