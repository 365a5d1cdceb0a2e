import { Later } from './async-context.js'

let turn = 0
let isScheduled = false
let waiting: Later<[]>[] = []

/**
 * The number of this turn of the event loop: nextTicks and microtasks of all that runs in it are done before the next
 * one begins.
 */
export function currentTurn(): number {
  schedule()
  return turn
}

/** How many turns have begun since the one of this number. */
export function turnsSince(number: number): number {
  return turn - number
}

/**
 * Runs `action` in the next turn, in order, in the caller's async context. One setImmediate serves all actions of a
 * turn, and keeps the process alive until then.
 */
export function inNextTurn(action: () => void): void {
  waiting.push(new Later(action))
  schedule()
}

function schedule(): void {
  if (isScheduled) return
  isScheduled = true
  setImmediate(beginTurn)
}

function beginTurn(): void {
  isScheduled = false
  turn += 1
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
