import { concatBytes, type ByteDuplexHandler } from '@astranet/interface'
import { CloseCode, linkError, type LinkOptions } from '@astranet/link'
import type { Rng } from '@astranet/testkit/sim'
import { PREAMBLE_BYTES } from '../../src/proto/preamble.js'
import { memoryPipe, type MemoryEnd } from '../support/memory-pipe.js'
import { Side } from '../support/side.js'
import { VirtualClock } from '../support/virtual-clock.js'
import { must, mustBeDecided, mustLeaveNothing, outcomeOf, watchTimers } from './invariants.js'
import { cut, mutate } from './mutate.js'

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
  const left = makeSide(clock, leftEnd, { id: 1n, role, psk, encryption })
  const right = makeSide(clock, rightEnd, { id: 2n, role: otherRole, psk: otherPsk, encryption })
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
  const outcome = attacked.map(outcomeOf).sort().join(' ')
  await mustLeaveNothing(clock, attacked, timers)
  return outcome
}

const NONE = new Uint8Array(0)

function makeSide(
  clock: VirtualClock,
  end: MemoryEnd,
  { psk, ...options }: Pick<LinkOptions, 'role' | 'encryption'> & { id: bigint; psk: Uint8Array | undefined },
): Side {
  return new Side(end, { clock, ...options, ...(psk === undefined ? {} : { psk }) })
}

/** Passes one direction on, part by part, and changes one of them. */
class Relay implements ByteDuplexHandler {
  /** The number of the part that is changed; behind the handshake every chunk is a part. */
  target = -1
  readonly #random: Rng
  readonly #to: MemoryEnd
  readonly #handshakeParts: number
  readonly #sent: Uint8Array[] = []
  readonly #passed: Uint8Array[] = []
  #held: Uint8Array = NONE

  constructor(random: Rng, to: MemoryEnd, handshakeParts: number) {
    this.#random = random.fork()
    this.#to = to
    this.#handshakeParts = handshakeParts
  }

  /** Whether all parts of the handshake were sent, and what passed begins with them. */
  get isHandshakeIntact(): boolean {
    if (this.#sent.length < this.#handshakeParts) return false
    const sent = concatBytes(this.#sent.slice(0, this.#handshakeParts))
    const passed = concatBytes([...this.#passed])
    return Buffer.compare(passed.subarray(0, sent.length), sent) === 0
  }

  /** Whether everything passed as it was sent. */
  get isIntact(): boolean {
    return Buffer.compare(concatBytes([...this.#sent]), concatBytes([...this.#passed])) === 0
  }

  onData(chunk: Uint8Array): void {
    this.#held = concatBytes([this.#held, chunk])
    for (let length = this.#nextLength(); length !== undefined; length = this.#nextLength()) {
      const part = this.#held.slice(0, length)
      this.#held = this.#held.slice(length)
      this.#pass(part)
    }
  }

  onDrain(): void {}

  onEnd(): void {
    this.#to.end()
  }

  onClose(reason: Error | undefined): void {
    if (reason === undefined) this.#to.end()
    else this.#to.abort(reason)
  }

  #pass(part: Uint8Array): void {
    const donor = this.#sent.length > 0 ? this.#random.pick(this.#sent) : part
    const passed = this.#sent.length === this.target ? mutate(this.#random, part, donor) : part
    this.#sent.push(part)
    this.#passed.push(passed)
    for (const piece of cut(this.#random, passed)) this.#to.writev([piece])
  }

  #nextLength(): number | undefined {
    const held = this.#held.length
    if (held === 0) return undefined
    const number = this.#sent.length
    if (number >= this.#handshakeParts) return held
    if (number === 0) return held >= PREAMBLE_BYTES ? PREAMBLE_BYTES : undefined
    if (held < 2) return undefined
    const length = ((this.#held[0] as number) << 8) | (this.#held[1] as number)
    // A refusal has a length of zero.
    const end = length === 0 ? 3 : 2 + length
    return held >= end ? end : undefined
  }
}
