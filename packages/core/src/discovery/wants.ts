import type { Clock, Timer } from '@astranet/interface'
import type { Catalogue, Want } from '@astranet/registry'

/** How long a leaf goes on asking for a name after the last dial of it, in ms. */
export const WANT_KEPT_MS = 60_000

/**
 * For how many names a leaf asks at the same time; the network takes 1,024 of one leaf. Names that were dialed and are
 * not waited for give way to new ones, the one dialed longest ago first. When all are waited for or watched, the leaf
 * asks for everything.
 */
export const MAX_WANTED_NAMES = 1_000

/** @internal What asking the network needs of the node. */
export interface WantsParts {
  readonly catalogue: Pick<Catalogue, 'want' | 'wantAll' | 'catalogue'>
  readonly clock: Clock
  /** What is asked for has changed: the neighbours have to be told, soon. */
  readonly onChange: () => void
}

/** @internal Interest of one caller; see `Want`. */
export type HeldWant = Want

interface WantedName {
  readonly environment: string
  readonly name: string
  readonly want: Want
  /** Callers that hold it. */
  holders: number
  /** When it was last used, on the clock. */
  usedAt: number
  /** Called once, when the network has answered. */
  readonly onAnswered: Set<() => void>
}

/**
 * What this node asks of the network: the names that its program dials, waits for or watches. A node that holds
 * everything asks for nothing; it only waits until it has heard everything.
 */
export class Wants {
  readonly #parts: WantsParts
  /** By environment and name, so that a dial makes no new text. */
  readonly #byEnvironment = new Map<string, Map<string, WantedName>>()
  #size = 0
  #timer: Timer | undefined = undefined
  #isClosed = false

  constructor(parts: WantsParts) {
    this.#parts = parts
  }

  /** How many names there are. */
  get size(): number {
    return this.#size
  }

  /** A name is dialed: the network is asked for it from now on, until it has not been dialed for 60 s. */
  use(environment: string, name: string): void {
    if (this.#parts.catalogue.catalogue === 'all' || this.#isClosed) return
    const wanted = this.#at(environment, name) ?? this.#add(environment, name)
    if (wanted === undefined) return
    wanted.usedAt = this.#parts.clock.now()
    this.#startTimer(WANT_KEPT_MS)
  }

  /** Asks for a name until the result is closed. `onAnswered` is called once, unless it is answered already. */
  hold(environment: string, name: string, onAnswered: () => void): HeldWant {
    const wanted = this.#at(environment, name) ?? this.#add(environment, name)
    if (wanted === undefined) return this.#askAll(onAnswered)
    wanted.holders += 1
    if (!wanted.want.isAnswered) wanted.onAnswered.add(onAnswered)
    let isHeld = true
    return {
      get isAnswered() {
        return wanted.want.isAnswered
      },
      close: () => {
        if (!isHeld) return
        isHeld = false
        wanted.onAnswered.delete(onAnswered)
        wanted.holders -= 1
        this.#released(wanted)
      },
    }
  }

  /** Asks for everything until the result is closed. */
  holdAll(): HeldWant {
    return this.#askAll(undefined)
  }

  /** Asks for nothing any more. Idempotent. */
  close(): void {
    this.#isClosed = true
    this.#timer?.cancel()
    this.#timer = undefined
    for (const wanted of this.#all()) this.#delete(wanted)
  }

  #askAll(onAnswered: (() => void) | undefined): HeldWant {
    const { catalogue, onChange } = this.#parts
    const want = catalogue.wantAll(onAnswered)
    onChange()
    return {
      get isAnswered() {
        return want.isAnswered
      },
      close: () => {
        want.close()
        onChange()
      },
    }
  }

  #at(environment: string, name: string): WantedName | undefined {
    return this.#byEnvironment.get(environment)?.get(name)
  }

  /** `undefined` when there is no room, because all names are held. */
  #add(environment: string, name: string): WantedName | undefined {
    if (this.#size >= MAX_WANTED_NAMES && !this.#makeRoom()) return undefined
    const onAnswered = new Set<() => void>()
    const answered = (): void => {
      for (const each of onAnswered) each()
      onAnswered.clear()
    }
    const { catalogue, onChange } = this.#parts
    const want = catalogue.want(environment, name, answered)
    onChange()
    const wanted: WantedName = { environment, name, want, holders: 0, usedAt: -Infinity, onAnswered }
    const names = this.#byEnvironment.get(environment) ?? new Map<string, WantedName>()
    this.#byEnvironment.set(environment, names)
    names.set(name, wanted)
    this.#size += 1
    return wanted
  }

  /** A caller does not hold it any more: it goes at once, unless it was dialed lately. */
  #released(wanted: WantedName): void {
    if (wanted.holders > 0 || this.#isClosed) return
    if (wanted.usedAt + WANT_KEPT_MS <= this.#parts.clock.now()) this.#delete(wanted)
  }

  /** Drops the name that was dialed longest ago and is not held. */
  #makeRoom(): boolean {
    let oldest: WantedName | undefined
    for (const wanted of this.#all()) {
      if (wanted.holders === 0 && wanted.usedAt < (oldest?.usedAt ?? Infinity)) oldest = wanted
    }
    if (oldest !== undefined) this.#delete(oldest)
    return oldest !== undefined
  }

  #startTimer(delayMs: number): void {
    this.#timer ??= this.#parts.clock.setTimer(delayMs, () => this.#expire(), { background: true })
  }

  #expire(): void {
    this.#timer = undefined
    const now = this.#parts.clock.now()
    let next = Infinity
    for (const wanted of this.#all()) {
      const endsAt = wanted.usedAt + WANT_KEPT_MS
      if (wanted.holders > 0) continue
      if (endsAt <= now) this.#delete(wanted)
      else next = Math.min(next, endsAt)
    }
    if (next < Infinity) this.#startTimer(next - now)
  }

  #delete(wanted: WantedName): void {
    const { environment, name, want } = wanted
    const names = this.#byEnvironment.get(environment)
    if (names?.get(name) !== wanted) return
    names.delete(name)
    if (names.size === 0) this.#byEnvironment.delete(environment)
    this.#size -= 1
    want.close()
    this.#parts.onChange()
  }

  #all(): WantedName[] {
    return [...this.#byEnvironment.values()].flatMap((names) => [...names.values()])
  }
}
