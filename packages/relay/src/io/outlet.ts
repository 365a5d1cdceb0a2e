import { FairRounds, type Turn } from '../proto/tunnel/fair-rounds.js'

/**
 * What tunnels may have written to the streams of one link and what has not left yet, in bytes: as much as the link
 * sends in one go. What does not fit waits in the links that it came from.
 */
export const OUTLET_BYTES = 524_288

/** What a tunnel may write in its turn, in bytes. */
export const QUANTUM_BYTES = 65_536

/** A direction of a tunnel that writes to the link. */
export interface OutletUser {
  /** Whose bytes these are, and over which link they came. */
  readonly origin: Turn
  /** It is its turn: it writes at most `maxBytes`. Returns whether it waits for another turn. */
  pump(maxBytes: number): boolean
}

/**
 * Shares one link out among the tunnels that leave over it. While less than {@link OUTLET_BYTES} wait, each tunnel
 * writes when its bytes arrive. From then on they take turns: first the neighbours that the bytes come from, then the
 * nodes that each neighbour names, then the tunnels of each node.
 */
export class Outlet {
  readonly #rounds = new FairRounds<OutletUser>()
  #waitingBytes = 0

  /** What may be written without a turn now, in bytes. */
  get freeBytes(): number {
    return this.#rounds.isEmpty ? Math.max(0, OUTLET_BYTES - this.#waitingBytes) : 0
  }

  /** Bytes were written to a stream of the link. */
  wrote(bytes: number): void {
    this.#waitingBytes += bytes
  }

  /** Bytes have left, or were dropped with their stream. */
  left(bytes: number): void {
    this.#waitingBytes -= bytes
  }

  /** `user` has bytes and waits for its turn. It must not wait already. */
  wait(user: OutletUser): void {
    this.#rounds.add(user.origin, user)
  }

  /** `user` has ended. */
  leave(user: OutletUser): void {
    this.#rounds.delete(user.origin, user)
  }

  /** Gives turns as long as there is room. */
  run(): void {
    while (this.#waitingBytes < OUTLET_BYTES) {
      const user = this.#rounds.take()
      if (user === undefined) return
      if (user.pump(QUANTUM_BYTES)) this.#rounds.add(user.origin, user)
    }
  }
}
