import type { Clock } from '@astranet/interface'
import type { Catalogue } from '@astranet/registry'
import type { AtExit } from '../node/at-exit.js'
import type { PreferredLinks } from './preferred-links.js'
import type { RegistrySync } from './registry-sync.js'

/** @internal What {@link ExitWithdrawal} needs of the node. */
export interface ExitWithdrawalParts {
  readonly catalogue: Pick<Catalogue, 'leave'>
  readonly sync: Pick<RegistrySync, 'sendLast'>
  /** The neighbours. */
  readonly preferred: Pick<PreferredLinks, 'hasAny'>
  readonly clock: Clock
  readonly atExit: AtExit
}

/**
 * Withdraws what a node offers when the program ends without closing the node, and sends that as the node's last state,
 * as `leave` does for a node that is closed. So nobody keeps entries of a node that has gone and may never return.
 *
 * All of it is within one call, because a program that ends has no further turn. So it works where the node's identity
 * signs at once (`signNow`), as those of Node do, and for neighbours whose registry stream has room and nothing unsent:
 * what waits there may leave behind the go-away, and is then ignored. Otherwise the end of the links alone takes the
 * services away, as when a process is killed.
 */
export class ExitWithdrawal {
  readonly #parts: ExitWithdrawalParts
  #forget: (() => void) | undefined = undefined

  constructor(parts: ExitWithdrawalParts) {
    this.#parts = parts
  }

  /** The node has got or lost a neighbour: it is told of the program's end while it has any. */
  changed(): void {
    const { preferred, atExit } = this.#parts
    if (preferred.hasAny) this.#forget ??= atExit({ withdraw: () => this.#withdraw() })
    else {
      this.#forget?.()
      this.#forget = undefined
    }
  }

  #withdraw(): void {
    const { catalogue, sync, clock } = this.#parts
    catalogue.leave(clock.now())
    sync.sendLast(() => undefined)
  }
}
