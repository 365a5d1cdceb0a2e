import { Later } from './async-context.js'

let turn = 0
let isCounting = false

/**
 * The number of this turn of the event loop, nextTicks and microtasks included: all code that runs before the next
 * setImmediate gets the same number.
 */
export function currentTurn(): number {
  if (isCounting) return turn
  isCounting = true
  setImmediate(() => {
    isCounting = false
    turn += 1
  })
  return turn
}

let waiting: Later<[]>[] = []

/**
 * Runs `action` in the next turn, in order, in the caller's async context. One setImmediate serves all actions of a turn.
 */
export function inNextTurn(action: () => void): void {
  waiting.push(new Later(action))
  if (waiting.length === 1) setImmediate(runWaiting)
}

function runWaiting(): void {
  const actions = waiting
  waiting = []
  for (const action of actions) {
    try {
      action.call()
    } catch (error) {
      // It becomes an uncaught exception; the other actions still run.
      process.nextTick(() => {
        throw error
      })
    }
  }
}

/** Whether `currentTurn` returned this number in this turn. */
export function isCurrentTurn(number: number): boolean {
  return isCounting && number === turn
}
