import type { Move, Plan } from './operation.js'

/** The smallest plan found that still is what `isWanted` says, by taking moves away and making the rest simpler. */
export async function shrink(plan: Plan, isWanted: (plan: Plan) => Promise<boolean>): Promise<Plan> {
  let smallest = plan
  for (let isSmaller = true; isSmaller;) {
    isSmaller = false
    for (const candidate of simpler(smallest)) {
      if (!(await isWanted(candidate))) continue
      smallest = candidate
      isSmaller = true
      break
    }
  }
  return smallest
}

function* simpler(plan: Plan): Generator<Plan> {
  const { moves, halfOpen, handlesErrors } = plan
  for (const index of moves.keys()) yield { ...plan, moves: moves.toSpliced(index, 1) }
  for (const side of ['near', 'far'] as const) {
    if (halfOpen[side]) yield { ...plan, halfOpen: { ...halfOpen, [side]: false } }
    if (!handlesErrors[side]) yield { ...plan, handlesErrors: { ...handlesErrors, [side]: true } }
  }
  for (const [index, move] of moves.entries()) {
    for (const simple of simplerMoves(move)) yield { ...plan, moves: moves.toSpliced(index, 1, simple) }
  }
}

function* simplerMoves(move: Move): Generator<Move> {
  const { operation, wait } = move
  if (wait !== 'settle') yield { ...move, wait: 'settle' }
  if (operation.kind !== 'write' && operation.kind !== 'end') return
  if (operation.isText) yield { ...move, operation: { ...operation, isText: false } }
  if (operation.hasCallback) yield { ...move, operation: { ...operation, hasCallback: false } }
  for (const bytes of [0, 1, 2_048, 2_049, 65_537, 300_000])
    if (bytes < operation.bytes) yield { ...move, operation: { ...operation, bytes } }
}
