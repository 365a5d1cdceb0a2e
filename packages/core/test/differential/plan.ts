import { rng, type Rng } from '@astranet/testkit/sim'
import { SIDES, TIMEOUTS, type Move, type Operation, type Plan, type Side, type Wait } from './operation.js'
import { MAX_BYTES } from './pattern.js'

/** How large the writes are, and how often both sides act at once. */
type Profile = 'small' | 'bulk' | 'race'

const SMALL_BYTES = [0, 1, 5, 100, 1_000, 2_047, 2_048, 2_049]
const BULK_BYTES = [1, 2_049, 16_384, 65_536, 65_537, 300_000, 524_288, 524_289, 1_000_000]

/** Unread bytes that never are more than any buffer holds. */
const MAX_UNREAD = { small: 12_000, race: 12_000, bulk: 400_000 }

/** The plan of a seed. */
export function planOf(seed: number): Plan {
  return new Planner(seed).plan()
}

/** Makes one plan. It keeps an eye on who reads, so that what no kernel promises to hold is not written. */
class Planner {
  readonly #seed: number
  readonly #random: Rng
  readonly #profile: Profile
  readonly #moves: Move[] = []
  readonly #isReading = { near: false, far: false }
  readonly #sent = { near: 0, far: 0 }
  readonly #unread = { near: 0, far: 0 }
  /** Sides that read text. They unshift nothing: bytes among text are a matter of their own. */
  readonly #decodes = new Set<Side>()
  #hasEcho = false

  constructor(seed: number) {
    this.#seed = seed
    this.#random = rng(seed)
    this.#profile = this.#random.pick(['small', 'small', 'small', 'bulk', 'race'])
  }

  plan(): Plan {
    const random = this.#random
    const flags = (probability: number): Record<Side, boolean> => ({
      near: random.chance(probability),
      far: random.chance(probability),
    })
    for (const side of SIDES) if (random.chance(0.3)) this.#decodes.add(side)
    const halfOpen = flags(0.35)
    const handlesErrors = flags(0.92)
    for (const side of SIDES) if (random.chance(0.75)) this.#add(side, this.#reading(), 'settle')
    const count = random.integer(1, random.pick([3, 6, 12]))
    let side = random.pick(SIDES)
    for (let index = 0; index < count; index++) {
      if (random.chance(0.12)) this.#add(side, this.#throwing(), 'none')
      const wait = this.#wait()
      this.#add(side, this.#operation(side), wait)
      if (wait === 'settle' || this.#profile === 'race') side = random.pick(SIDES)
    }
    return { seed: this.#seed, halfOpen, handlesErrors, moves: this.#moves }
  }

  #wait(): Wait {
    const fate = this.#random.float()
    if (this.#profile === 'race') return fate < 0.5 ? 'none' : fate < 0.6 ? 'turn' : 'settle'
    return fate < 0.25 ? 'none' : 'settle'
  }

  #add(side: Side, operation: Operation, wait: Wait): void {
    const peer = side === 'near' ? 'far' : 'near'
    const { kind } = operation
    if (kind === 'write' || kind === 'end') {
      this.#sent[side] += operation.bytes
      if (!this.#isReading[peer]) this.#unread[peer] += operation.bytes
    }
    if (kind === 'flow' || kind === 'resume' || kind === 'readable' || kind === 'echo' || kind === 'pipe') {
      this.#isReading[side] = true
      this.#unread[side] = 0
    }
    if (kind === 'pause' || kind === 'unflow' || kind === 'unpipe') this.#isReading[side] = false
    if (kind === 'echo') this.#hasEcho = true
    // What else happens within the millisecond of a timeout would be chance.
    this.#moves.push({ side, operation, wait: kind === 'timeout' ? 'settle' : wait })
  }

  #reading(): Operation {
    const random = this.#random
    const fate = random.float()
    if (fate < 0.5) return { kind: 'flow' }
    if (fate < 0.7) return { kind: 'readable' }
    if (fate < 0.8) return { kind: 'pipe' }
    if (fate < 0.85 && !this.#hasEcho && this.#profile === 'small') return { kind: 'echo' }
    return {
      kind: 'iterate',
      breakAfterBytes: random.pick([1, 1_000, 5_000, 1_000_000]),
      leavesBy: random.pick(['break', 'throw']),
    }
  }

  #operation(side: Side): Operation {
    const random = this.#random
    const fate = random.float()
    if (fate < 0.4) return this.#sending('write', side)
    if (fate < 0.5) return this.#sending('end', side)
    if (fate < 0.6) return { kind: 'destroy', withError: random.chance(0.4) }
    if (fate < 0.66) return { kind: this.#isEnding() ? 'destroySoon' : random.pick(['reset', 'destroySoon']) }
    if (fate < 0.8) {
      const kind = random.pick(['pause', 'resume', 'cork', 'uncork', 'unflow', 'unpipe', 'ref', 'unref'])
      return { kind: kind as 'pause' }
    }
    if (fate < 0.85) return this.#reading()
    return this.#rare(side)
  }

  /**
   * Whether a direction may be ending at this moment. libuv refuses to reset a socket then (EINVAL), and `net` loses
   * it: it never closes.
   */
  #isEnding(): boolean {
    const settled = this.#moves.findLastIndex(({ wait }) => wait === 'settle')
    const ends = ['end', 'destroy', 'destroySoon', 'reset']
    return this.#moves.slice(settled + 1).some(({ operation }) => ends.includes(operation.kind))
  }

  #rare(side: Side): Operation {
    const random = this.#random
    const encodings = ['utf8', 'hex', 'base64', 'latin1'] as const
    const rare: readonly Operation[] = [
      { kind: 'read', bytes: random.pick([0, 1, 100, 1_000]) },
      this.#decodes.has(side)
        ? { kind: 'setEncoding', encoding: random.pick(encodings) }
        : { kind: 'unshift', bytes: random.pick([1, 10]) },
      { kind: 'setTimeout', value: random.pick(Object.keys(TIMEOUTS)) },
      { kind: 'timeout' },
      { kind: 'writeInvalid', value: random.pick(['null', 'number']) },
    ]
    return random.pick(rare)
  }

  #throwing(): Operation {
    const listeners = [
      'data',
      'data',
      'end',
      'drain',
      'finish',
      'close',
      'error',
      'callback',
      'timeout',
    ] as const
    return { kind: 'throwNext', listener: this.#random.pick(listeners) }
  }

  #sending(kind: 'write' | 'end', side: Side): Operation {
    const random = this.#random
    const peer = side === 'near' ? 'far' : 'near'
    const sizes = this.#profile === 'bulk' ? BULK_BYTES : SMALL_BYTES
    const room = Math.min(
      this.#isReading[peer] ? MAX_BYTES : MAX_UNREAD[this.#profile] - this.#unread[peer],
      (MAX_BYTES >>> 1) - this.#sent[side],
    )
    const wanted = kind === 'end' && random.chance(0.5) ? 0 : random.pick(sizes)
    return {
      kind,
      bytes: wanted <= room ? wanted : 0,
      hasCallback: random.chance(0.5),
      isText: random.chance(0.2),
    }
  }
}
