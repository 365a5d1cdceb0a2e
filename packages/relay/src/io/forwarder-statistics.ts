import { RefusalReason } from '@astranet/link'

/** What a router does for others, as plain data. The counts are since its start. */
export interface ForwarderInspection {
  /** Tunnels through it now. */
  readonly tunnels: number
  /** Tunnels for which the next hop has not answered yet. */
  readonly opening: number
  /** Bytes of tunnels that wait here now. */
  readonly heldBytes: number
  /** Tunnels that were opened. */
  readonly opened: number
  /** Tunnels that ended because a link on the way broke; not those of a node that has closed its link. */
  readonly lost: number
  /** Bytes that have left, both directions. */
  readonly forwardedBytes: number
  /** Tunnels that were refused, by the name of the reason, for example `QUOTA`. */
  readonly refused: Readonly<Record<string, number>>
}

const NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(RefusalReason).map(([name, reason]) => [reason, name]),
)

/** Counts what a router does for others. */
export class ForwarderStatistics {
  #opened = 0
  #lost = 0
  #forwardedBytes = 0
  readonly #refused = new Map<string, number>()

  opened(): void {
    this.#opened += 1
  }

  ended(isLost: boolean): void {
    if (isLost) this.#lost += 1
  }

  forwarded(bytes: number): void {
    this.#forwardedBytes += bytes
  }

  refused(reason: RefusalReason): void {
    const name = NAMES.get(reason) ?? String(reason)
    this.#refused.set(name, (this.#refused.get(name) ?? 0) + 1)
  }

  inspect(): Pick<ForwarderInspection, 'opened' | 'lost' | 'forwardedBytes' | 'refused'> {
    return {
      opened: this.#opened,
      lost: this.#lost,
      forwardedBytes: this.#forwardedBytes,
      refused: Object.fromEntries(this.#refused),
    }
  }
}
