import type { Difference } from './compare.js'
import type { Move, Plan } from './operation.js'
import type { Section } from './play.js'

/** A section in which the events differ, on both. */
export interface Scene {
  readonly plan: Plan
  readonly moves: readonly Move[]
  readonly net: Section
  readonly astraNet: Section
  /** All of its events that differ. */
  readonly differences: readonly Difference[]
}

/** A difference that is meant. */
export interface Meant {
  readonly name: string
  readonly reason: string
  /** Whether this is all that differs. What comes after such a section is not compared. */
  explains(scene: Scene): boolean
}

export const MEANT: readonly Meant[] = [
  {
    name: 'a reset overtakes what was written in the same turn',
    reason:
      'resetAndDestroy() resets at once. On loopback the kernel has delivered the bytes by then, and libuv even takes a ' +
      'reset right behind data for an end; on a real network the reset may overtake them too.',
    explains: ({ moves, differences }) => {
      const reset = moves.findIndex(({ operation }) => operation.kind === 'reset')
      const side = moves[reset]?.side
      const hasWritten = moves
        .slice(0, Math.max(reset, 0))
        .some((move) => move.side === side && (move.operation.kind === 'write' || move.operation.kind === 'end'))
      return hasWritten && differences.every((each) => each.side !== side)
    },
  },
]
