import type { Clock, Timer } from '@astranet/interface'

/** How often the machine is looked at, in ms. A look takes about 0.05 ms. */
const INTERVAL_MS = 1_000

/**
 * How far the time of day must run ahead of the clock within one interval to show that the machine slept, in ms. A
 * correction of the time of day by as much looks the same, and costs a ping for each link.
 */
const SLEPT_MS = 5_000

/** @internal What is probed when the machine slept or its network changed: a link. */
export interface Probed {
  /** Pings at once; the peer is dead if it does not answer soon. */
  probe(): void
}

/** @internal What a machine is asked. */
export interface MachineSenses {
  readonly clock: Clock
  /** The time of day, in ms. */
  readonly timeOfDay: () => number
  /** A text that changes when the machine's addresses, or its connection to the network, do. */
  readonly network: () => string
}

/**
 * @internal Notices that the machine slept or that its addresses changed: the peers of its links may have gone
 * meanwhile, without a trace here. Then all links of the process are probed. Changes of the addresses are also reported
 * to those who advertise them.
 *
 * The clock of timers stands still while Linux or macOS sleep, so it is compared with the time of day. Where it does
 * not stand still, and when only the process was stopped, each session notices by itself that its timer is late. One
 * timer serves all nodes of the process, and runs only while something is watched.
 */
export class MachineWatch {
  readonly #senses: MachineSenses
  readonly #probed = new Set<Probed>()
  readonly #observers = new Set<() => void>()
  #timer: Timer | undefined = undefined
  #aheadMs = 0
  #network = ''

  constructor(senses: MachineSenses) {
    this.#senses = senses
  }

  /** Probes `link` from now on, until the returned function is called. Idempotent. */
  watch(link: Probed): () => void {
    this.#probed.add(link)
    this.#start()
    return () => {
      this.#probed.delete(link)
      this.#stopUnused()
    }
  }

  /**
   * Calls `onChange` at most 1 s after the machine's addresses, or its connection to the network, have changed, until
   * the returned function is called. Idempotent.
   */
  watchNetwork(onChange: () => void): () => void {
    const observer = (): void => onChange()
    this.#observers.add(observer)
    this.#start()
    return () => {
      this.#observers.delete(observer)
      this.#stopUnused()
    }
  }

  #start(): void {
    if (this.#timer !== undefined) return
    this.#look()
    this.#schedule()
  }

  #stopUnused(): void {
    if (this.#probed.size > 0 || this.#observers.size > 0) return
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #schedule(): void {
    this.#timer = this.#senses.clock.setTimer(INTERVAL_MS, () => this.#onTime(), { background: true })
  }

  #onTime(): void {
    this.#schedule()
    const { hasSlept, isOtherNetwork } = this.#look()
    // What arrived meanwhile is read first.
    if (hasSlept || isOtherNetwork) this.#senses.clock.defer(() => this.#probeAll())
    if (isOtherNetwork) for (const observer of [...this.#observers]) observer()
  }

  /** What happened since the last call. */
  #look(): { readonly hasSlept: boolean; readonly isOtherNetwork: boolean } {
    const { clock, timeOfDay, network } = this.#senses
    const aheadMs = timeOfDay() - clock.now()
    const hasSlept = aheadMs - this.#aheadMs >= SLEPT_MS
    const now = network()
    const isOtherNetwork = now !== this.#network
    this.#aheadMs = aheadMs
    this.#network = now
    return { hasSlept, isOtherNetwork }
  }

  #probeAll(): void {
    for (const link of [...this.#probed]) if (this.#probed.has(link)) link.probe()
  }
}
