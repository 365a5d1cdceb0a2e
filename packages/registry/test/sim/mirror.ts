import type { Catalogue, ServiceInstance, Watch, ServiceChange } from '../../src/index.js'
import type { Ledger } from './ledger.js'
import { must } from './sim-failure.js'

/** What ended longer ago than this must not appear anywhere: notice (10 s), then 15 s to spread and be compared, ms. */
export const MAX_GHOST_MS = 25_000

/** What a mirror reports, and whose it is. */
export interface MirrorEvents {
  /** Whose mirror it is. */
  readonly index: number
  /** There is something to `take`. */
  readonly onPending: () => void
  /** A service is new or changed. */
  readonly onSeen: (service: ServiceInstance) => void
  readonly onGone: (service: ServiceInstance) => void
}

/** Keeps a copy of what a node sees from the changes that its watch reports, and checks each of them. */
export class Mirror {
  readonly #watch: Watch<ServiceChange>
  readonly #catalogue: Catalogue
  readonly #ledger: Ledger
  readonly #index: number
  readonly #onSeen: MirrorEvents['onSeen']
  readonly #onGone: MirrorEvents['onGone']
  readonly #copy = new Map<string, ServiceInstance>()

  constructor(catalogue: Catalogue, ledger: Ledger, { index, onPending, onSeen, onGone }: MirrorEvents) {
    this.#catalogue = catalogue
    this.#ledger = ledger
    this.#index = index
    this.#onSeen = onSeen
    this.#onGone = onGone
    this.#watch = catalogue.watch(onPending)
  }

  /** Takes the changes at this time (ms). */
  take(nowMs: number): void {
    const ledger = this.#ledger
    for (const { kind, service } of this.#watch.take()) {
      const key = ledger.keyOf(service)
      const known = this.#copy.get(key)
      must(
        (kind === 'add') === (known === undefined),
        () => `"${kind}" of ${key}, which was ${known ? '' : 'not '}there`,
      )
      if (kind === 'remove') {
        this.#copy.delete(key)
        this.#onGone?.(service)
        continue
      }
      const isNew = known === undefined || ledger.contentOf(known) !== ledger.contentOf(service)
      must(isNew, () => `a change of ${key} that changes nothing`)
      const ghostMs = ledger.isIgnored(service.nodeId) ? 0 : ledger.retiredFor(service, nowMs)
      must(
        ghostMs <= MAX_GHOST_MS,
        () =>
          `node ${this.#index} sees ${ledger.contentOf(service)}, which ended ${ghostMs.toFixed(0)} ms ago`,
      )
      this.#copy.set(key, service)
      this.#onSeen?.(service)
    }
  }

  /** The history that was reported leads to the present view. */
  check(nowMs: number): void {
    this.take(nowMs)
    const ledger = this.#ledger
    const services = this.#catalogue.services()
    must(
      services.length === this.#copy.size,
      'the changes that a watch reported do not lead to what is visible',
    )
    for (const service of services) {
      const copy = this.#copy.get(ledger.keyOf(service))
      must(
        copy !== undefined && ledger.contentOf(copy) === ledger.contentOf(service),
        () => `the changes that a watch reported do not lead to ${ledger.contentOf(service)}`,
      )
    }
  }

  close(): void {
    this.#watch.close()
  }
}
