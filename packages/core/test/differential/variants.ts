import type { Move, Plan, Side, Wait } from './operation.js'

/**
 * Other ways in which a plan may go on a network that is slower or faster: what both sides do between two moments of
 * silence can come in another order at each of them, and what one does a turn later can come late or not. The plan
 * itself is the first. A plan without races has no other.
 */
export function variants(plan: Plan): readonly Plan[] {
  const bursts = burstsOf(plan.moves)
  if (!bursts.some(isRace)) return [plan]
  const slowly = (moves: readonly Move[]): readonly Move[] => withWaits(moves, 'silence')
  const quickly = (moves: readonly Move[]): readonly Move[] => withWaits(moves, 'none')
  const ways = [
    quickly,
    slowly,
    (moves: readonly Move[]) => first('near', moves, 'none'),
    (moves: readonly Move[]) => first('far', moves, 'none'),
    (moves: readonly Move[]) => first('near', moves, 'silence'),
    (moves: readonly Move[]) => first('far', moves, 'silence'),
  ]
  return [
    plan,
    ...ways.map((way) => ({
      ...plan,
      moves: bursts.flatMap((burst) => (isRace(burst) ? way(burst) : burst)),
    })),
  ]
}

/** What happens from one moment of silence to the next. */
export function burstsOf(moves: readonly Move[]): readonly (readonly Move[])[] {
  const bursts: Move[][] = [[]]
  for (const move of moves) {
    bursts.at(-1)?.push(move)
    if (move.wait === 'settle') bursts.push([])
  }
  return bursts.filter((burst) => burst.length > 0)
}

function isRace(burst: readonly Move[]): boolean {
  return new Set(burst.map(({ side }) => side)).size > 1 || burst.some(({ wait }) => wait === 'turn')
}

function withWaits(moves: readonly Move[], wait: Wait): readonly Move[] {
  return moves.map((move, index) => ({ ...move, wait: index === moves.length - 1 ? move.wait : wait }))
}

/** The moves of one side before those of the other, with `wait` between the two. */
function first(side: Side, moves: readonly Move[], wait: Wait): readonly Move[] {
  const early = withWaits(
    moves.filter((move) => move.side === side),
    'none',
  )
  const late = withWaits(
    moves.filter((move) => move.side !== side),
    'none',
  )
  const last = late.length > 0 ? wait : 'settle'
  return [
    ...early.map((move, index) => ({ ...move, wait: index === early.length - 1 ? last : 'none' }) as Move),
    ...late.map((move, index) => ({ ...move, wait: index === late.length - 1 ? 'settle' : 'none' }) as Move),
  ]
}
