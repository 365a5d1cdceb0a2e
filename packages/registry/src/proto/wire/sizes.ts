import { utf8Length } from '@astranet/interface'
import type { Delta } from '../log/delta.js'
import { MAX_MESSAGE_BYTES } from '../model/limits.js'
import type { WantedName } from './message.js'

/** The most bytes of a message that are not its items: its array, its type, and the heads of its lists. */
export const MESSAGE_OVERHEAD_BYTES = 32

/** The most bytes of a delta beside its entries: id, public key, state and version with their heads. */
export const DELTA_OVERHEAD_BYTES = 240

/** The most bytes of entries that fit in a message with one delta. */
export const MAX_PART_BYTES: number = MAX_MESSAGE_BYTES - MESSAGE_OVERHEAD_BYTES - DELTA_OVERHEAD_BYTES

/** The most bytes of one version in a list. */
export const VERSION_BYTES = 40

/** The most bytes that a delta takes in a message. */
export function deltaBytes(delta: Delta): number {
  return DELTA_OVERHEAD_BYTES + delta.entries.length
}

/** `names` in lists that each fit in a message, together with `versions` versions. At least one list. */
export function splitNames(names: readonly WantedName[], versions: number): (readonly WantedName[])[] {
  const room = MAX_MESSAGE_BYTES - MESSAGE_OVERHEAD_BYTES - versions * VERSION_BYTES
  const lists: WantedName[][] = [[]]
  let left = room
  for (const name of names) {
    const bytes = 5 + utf8Length(name.environment) + utf8Length(name.name)
    if (bytes > left) {
      lists.push([])
      left = room
    }
    left -= bytes
    lists.at(-1)?.push(name)
  }
  return lists
}
