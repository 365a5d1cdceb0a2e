import type { Difference } from './compare.js'

/** A difference that is not meant and not mended yet. */
export interface Pending {
  readonly name: string
  isThis(difference: Difference): boolean
}

export const PENDING: readonly Pending[] = [
  {
    name: "the error of a reset or a refused write has neither net's message nor errno and syscall",
    isThis: ({ what }) => what === 'errorDetails',
  },
]
