import { systemClock } from '@astranet/interface'

/** Resolves after the current turn of the event loop, when all queued promises and callbacks have run. */
export function turn(): Promise<void> {
  return new Promise((resolve) => systemClock.defer(resolve))
}

/** Resolves after `count` turns. */
export async function turns(count: number): Promise<void> {
  for (let index = 0; index < count; index++) await turn()
}
