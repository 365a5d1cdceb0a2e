import type { Clock, NodeId, Timer } from '@astranet/interface'
import type { Link } from '@astranet/link'
import type { Catalogue } from '@astranet/registry'
import type { RegistrySync } from './registry-sync.js'

/** How long the links of a node that closes wait until its last state has left, in ms. */
export const LEAVING_MS = 500

/** How often a link that the application keeps full is asked whether that state has left, in ms. */
const CHECK_INTERVAL_MS = 10

/** What leaving needs of the node. */
export interface LeavingParts {
  readonly catalogue: Pick<Catalogue, 'leave' | 'hasLeft' | 'neighbours'>
  readonly sync: Pick<RegistrySync, 'sendLast'>
  /** The neighbours, with the link of each that is used. */
  readonly preferred: Iterable<readonly [NodeId, Pick<Link, 'hasUnsentRegistry'>]>
  readonly clock: Clock
}

/**
 * Withdraws what the node offers, and tells its neighbours, so that its services are gone everywhere before its links
 * are. Resolves when that has left, or after {@link LEAVING_MS}; `undefined` if there is nobody to tell.
 */
export function leave({ catalogue, sync, preferred, clock }: LeavingParts): Promise<void> | undefined {
  catalogue.leave(clock.now())
  if (catalogue.neighbours().length === 0) return undefined
  return new Promise((resolve) => {
    let isDone = false
    let check: Timer | undefined = undefined
    const done = (): void => {
      isDone = true
      check?.cancel()
      deadline.cancel()
      resolve()
    }
    const deadline = clock.setTimer(LEAVING_MS, done)
    const look = (): void => {
      check?.cancel()
      if (isDone || !catalogue.hasLeft) return
      if (hasUnsent(preferred)) check = clock.setTimer(CHECK_INTERVAL_MS, look)
      else done()
    }
    // Links hand over what was written at the end of the turn.
    sync.sendLast(() => clock.defer(look))
  })
}

function hasUnsent(preferred: LeavingParts['preferred']): boolean {
  for (const [, link] of preferred) if (link.hasUnsentRegistry) return true
  return false
}
