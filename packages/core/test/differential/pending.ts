import type { Difference } from './compare.js'

/** What is not meant and not mended yet, in every plan. */
export function isPending({ what }: Difference): boolean {
  // The error of a reset or a refused write has neither the message of net's nor `errno` and `syscall`.
  return what === 'errorDetails'
}

/** Seeds that differ in something else, with what is to be mended. They are expected to differ, so that none stays here. */
export const PENDING_SEEDS: Readonly<Record<number, string>> = {
  9: 'an empty write to a peer that has gone counts as the one that is lost in silence',
  56: "'drain' comes to a socket that echoes to a peer that has gone",
  179: 'writableNeedDrain stays true after a large write when a corked one waits',
  193: 'a reset is not noticed while a byte that was unshifted is unread',
  228: "'drain' comes to a socket that echoes to a peer that has gone",
  397: 'the write that made the peer leave counts as the one that is lost in silence',
}
