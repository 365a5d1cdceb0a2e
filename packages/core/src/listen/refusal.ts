import type { RefusalReason } from '@astranet/link'

/** @internal Why a dial is refused. */
export interface Refusal {
  readonly reason: RefusalReason
  /** For the dialer. */
  readonly text: string
}
