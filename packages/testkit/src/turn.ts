import { systemClock } from '@astranet/interface'

/** Resolves after the runtime's current turn: what promises and callbacks had queued has run by then. */
export function turn(): Promise<void> {
  return new Promise((resolve) => systemClock.defer(resolve))
}

/** Resolves after `count` turns. */
export async function turns(count: number): Promise<void> {
  for (let index = 0; index < count; index++) await turn()
}
