import type { Difference } from './compare.js'
import type { Move, Plan, Side } from './operation.js'
import type { Section } from './play.js'

/** A section in which something differs, on both. */
export interface Scene {
  readonly plan: Plan
  readonly moves: readonly Move[]
  readonly net: Section
  readonly astraNet: Section
  /** All that differs in it: events if there are some, otherwise properties. */
  readonly differences: readonly Difference[]
}

/** A difference that is meant. */
export interface Meant {
  readonly name: string
  readonly reason: string
  /** A small plan that shows it. */
  readonly example: Plan
  /** Whether all that differs is this. What comes after such a section is not compared. */
  explains(scene: Scene): boolean
}

export const MEANT: readonly Meant[] = [
  {
    name: 'a reset overtakes what was written in the same turn',
    reason:
      'resetAndDestroy() resets at once. On loopback the kernel has delivered the bytes by then, and libuv even takes a ' +
      'reset right behind data for an end; on a real network the reset may overtake them too.',
    example: example([
      { side: 'far', operation: { kind: 'flow' }, wait: 'settle' },
      { side: 'near', operation: write(1_000), wait: 'none' },
      { side: 'near', operation: { kind: 'reset' }, wait: 'settle' },
    ]),
    explains: ({ moves, differences }) => {
      const side = sideOf(moves, 'reset')
      const hasWritten = moves.some((move) => move.side === side && 'hasCallback' in move.operation)
      return hasWritten && differences.every((each) => each.side !== side)
    },
  },
  {
    name: 'unread bytes do not turn an end into a reset',
    reason:
      'When a socket is destroyed with bytes unread, the kernel resets the connection, and may destroy what is on its way ' +
      'to the peer. Over AstraNet the peer gets all that was written, and then the end.',
    example: example([
      { side: 'near', operation: { kind: 'flow' }, wait: 'settle' },
      {
        side: 'far',
        operation: { kind: 'iterate', breakAfterBytes: 1, leavesBy: 'break' },
        wait: 'settle',
      },
      { side: 'near', operation: write(300_000), wait: 'settle' },
    ]),
    explains: ({ moves, net, astraNet, differences }) => {
      const [side] = sidesOf(differences)
      if (side === undefined || sidesOf(differences).length > 1) return false
      const peer = other(side)
      const isReset = moves.some((move) => move.side === peer && move.operation.kind === 'reset')
      const [left, right] = [textOf(net, side), textOf(astraNet, side)]
      const hasLeft = net.sides[peer].state['destroyed'] === true
      return !isReset && hasLeft && left.includes('ECONNRESET') && !right.includes('ECONNRESET')
    },
  },
  {
    name: 'corked bytes are delivered although the socket is destroyed',
    reason: 'What write() has taken is delivered. net drops what is corked.',
    example: example([
      { side: 'far', operation: { kind: 'flow' }, wait: 'settle' },
      { side: 'near', operation: { kind: 'cork' }, wait: 'none' },
      { side: 'near', operation: write(1_000), wait: 'none' },
      { side: 'near', operation: { kind: 'destroy', withError: false }, wait: 'settle' },
    ]),
    explains: ({ plan, moves, differences }) => {
      const side = sideOf(moves, 'destroy')
      const hasCorked = plan.moves.some((move) => move.side === side && move.operation.kind === 'cork')
      const isArrival = (each: Difference): boolean =>
        each.side === side
          ? each.what === 'bytesWritten'
          : ['reads', 'bytesRead', 'readableLength'].includes(each.what)
      return hasCorked && differences.every(isArrival)
    },
  },
  {
    name: 'a large write to a peer that has gone is lost as a whole',
    reason:
      'The first write after the peer has gone is lost in silence, as over net. There a large one takes several calls of ' +
      'the kernel, and the second of them fails.',
    example: example(
      [
        { side: 'far', operation: { kind: 'destroy', withError: false }, wait: 'settle' },
        { side: 'near', operation: write(1_000_000), wait: 'settle' },
      ],
      { near: true, far: false },
    ),
    explains: ({ moves, net, differences }) => {
      const [side] = sidesOf(differences)
      if (side === undefined || sidesOf(differences).length > 1) return false
      const isLarge = moves.some(
        (move) => move.side === side && 'hasCallback' in move.operation && move.operation.bytes >= 500_000,
      )
      return isLarge && net.sides[other(side)].state['destroyed'] === true && /EPIPE/.test(textOf(net, side))
    },
  },
]

function example(moves: readonly Move[], halfOpen = { near: false, far: false }): Plan {
  return { seed: 0, halfOpen, handlesErrors: { near: true, far: true }, moves }
}

function write(bytes: number): Move['operation'] {
  return { kind: 'write', bytes, hasCallback: false, isText: false }
}

function other(side: Side): Side {
  return side === 'near' ? 'far' : 'near'
}

/** Whose differences they are; uncaught exceptions are nobody's. */
function sidesOf(differences: readonly Difference[]): readonly Side[] {
  return [...new Set(differences.map(({ side }) => side))].filter((side) => side !== 'both')
}

/** The side that does `kind` in these moves. */
function sideOf(moves: readonly Move[], kind: string): Side | undefined {
  return moves.find(({ operation }) => operation.kind === kind)?.side
}

/** All that a side saw, with the uncaught exceptions, which may be its own. */
function textOf({ sides, uncaught }: Section, side: Side): string {
  return [...sides[side].reads, ...sides[side].writes, ...uncaught].join()
}
