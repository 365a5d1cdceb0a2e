import { SIDES, type Move, type Plan, type Side } from './operation.js'
import { Player } from './player.js'
import { describeError } from './program-error.js'
import type { SideSection } from './recorder.js'
import type { Silence } from './settle.js'
import type { Maker } from './sockets.js'
import { stateOf, type State } from './state.js'
import { withUncaught } from './uncaught.js'
import { burstsOf } from './variants.js'

/** What happened between two moments of silence, and what the sockets look like at the second. */
export interface Section {
  readonly moves: readonly Move[]
  readonly sides: Readonly<Record<Side, SideSection & { readonly state: State }>>
  /** Uncaught exceptions, sorted. */
  readonly uncaught: readonly string[]
}

/** All that a plan did. */
export interface Outcome {
  /** One before the first move, and one for each burst. */
  readonly sections: readonly Section[]
  /** What came when both sockets were destroyed in the end. */
  readonly last: Section
  /** False when it never fell silent. */
  readonly isSilent: boolean
}

/** At this size of a burst it depends on the kernel whether a socket calls itself full. */
const FULL_BYTES = 500_000

/** Plays a plan on a connection that `maker` makes. */
export async function play(plan: Plan, maker: Maker, silence: Silence): Promise<Outcome> {
  const ends = await maker.connect(plan.halfOpen)
  const game = new Game(plan, ends, silence)
  await withUncaught(
    (error) => game.uncaught(error),
    () => game.play(),
  )
  return game.outcome()
}

class Game {
  readonly #plan: Plan
  readonly #players: Readonly<Record<Side, Player>>
  readonly #silence: Silence
  readonly #sections: Section[] = []
  #uncaught: string[] = []
  #isSilent = true

  constructor(plan: Plan, ends: Awaited<ReturnType<Maker['connect']>>, silence: Silence) {
    this.#plan = plan
    this.#silence = silence
    const notesFullness = burstsOf(plan.moves).every((burst) => bytesOf(burst) < FULL_BYTES)
    const player = (side: Side): Player =>
      new Player(side, ends[side], {
        handlesErrors: plan.handlesErrors[side],
        notesFullness,
        isPeerEchoing: plan.moves.some((move) => move.side !== side && move.operation.kind === 'echo'),
      })
    this.#players = { near: player('near'), far: player('far') }
  }

  async play(): Promise<void> {
    await this.#endSection([])
    for (const burst of burstsOf(this.#plan.moves)) {
      for (const move of burst) await this.#perform(move)
      await this.#endSection(burst)
    }
    for (const side of SIDES) this.#players[side].socket.destroy()
    await this.#endSection([])
  }

  uncaught(error: Error): void {
    this.#uncaught.push(describeError(error))
  }

  outcome(): Outcome {
    return {
      sections: this.#sections.slice(0, -1),
      last: this.#sections.at(-1) as Section,
      isSilent: this.#isSilent,
    }
  }

  async #perform({ side, operation, wait }: Move): Promise<void> {
    this.#players[side].perform(operation)
    if (wait === 'turn') await new Promise((resolve) => setImmediate(resolve))
    if (wait === 'silence') await this.#fallSilent()
  }

  async #endSection(moves: readonly Move[]): Promise<void> {
    await this.#fallSilent()
    const { near, far } = this.#players
    this.#sections.push({
      moves,
      sides: {
        near: { ...near.recorder.takeSection(), state: stateOf(near, far) },
        far: { ...far.recorder.takeSection(), state: stateOf(far, near) },
      },
      uncaught: this.#uncaught.sort(),
    })
    this.#uncaught = []
  }

  async #fallSilent(): Promise<void> {
    const { near, far } = this.#players
    this.#isSilent &&= await this.#silence.fallen(() => `${fingerprint(near)},${fingerprint(far)}`)
  }
}

/** Changes whenever something happens, also where no event says so. */
function fingerprint({ socket, recorder, awaitedTimeouts, hadError }: Player): string {
  // A timeout that is awaited comes after some silence, so until then each look differs from the last.
  const isAwaiting = awaitedTimeouts > 0 && hadError === 'not closed'
  return [
    isAwaiting ? performance.now() : '',
    recorder.activity,
    socket.bytesRead,
    socket.bytesWritten,
    socket.writableLength,
    socket.readableLength,
    socket.destroyed,
  ].join()
}

function bytesOf(burst: readonly Move[]): number {
  return burst.reduce((sum, { operation }) => sum + ('bytes' in operation ? operation.bytes : 0), 0)
}
