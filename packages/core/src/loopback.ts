import type { Clock } from '@astranet/interface'
import { RefusalReason } from '@astranet/link'
import { Session, type SessionLimits, type Stream } from '@astranet/mux'
import { memoryPair } from '@astranet/transport-memory'
import type { Arrivals, IncomingSocket } from './arrivals.js'
import type { SocketEnds } from './socket-ends.js'

interface PendingArrival {
  readonly arrivals: Arrivals<unknown>
  readonly ends: SocketEnds
  /** The dialing end. */
  readonly stream: Stream
  /** Gives the place in the backlog up. */
  cancel(): void
}

/** Two sessions joined in memory: how a node's own services are dialed. */
interface Pair {
  readonly dialing: Session
  readonly accepting: Session
}

/**
 * Dials from a node to itself. The bytes take the same way as between nodes, with the same back-pressure; only the
 * question whether somebody listens is answered on the spot.
 */
export class Loopback {
  readonly #clock: Clock
  readonly #limits: SessionLimits
  /** What streams on their way are for, by stream id. */
  readonly #arriving = new Map<number, PendingArrival>()
  #pair: Pair | undefined = undefined

  constructor(clock: Clock, limits: SessionLimits) {
    this.#clock = clock
    this.#limits = limits
  }

  /** Opens a stream to what is bound, or says why it is refused. Rejects with the signal's reason when that aborts. */
  async dial(
    arrivals: Arrivals<unknown> | undefined,
    ends: SocketEnds,
    signal: AbortSignal,
  ): Promise<Stream | RefusalReason> {
    if (arrivals === undefined) return RefusalReason.CONNECTION_REFUSED
    if (arrivals.refusal() === RefusalReason.BACKLOG_FULL) this.#forgetGivenUp()
    const refusal = arrivals.refusal()
    if (refusal !== undefined) return refusal
    const cancel = arrivals.expect()
    try {
      const stream = await this.#open().dialing.openStream({ signal })
      // Ids are used again exactly when their stream was given up before the other end heard of it.
      this.#arriving.get(stream.id)?.cancel()
      this.#arriving.set(stream.id, { arrivals, ends, stream, cancel })
      return stream
    } catch (error) {
      cancel()
      throw error
    }
  }

  /** Ends both sessions; resolves when they are over. */
  async close(): Promise<void> {
    const pair = this.#pair
    if (pair === undefined) return
    pair.dialing.close()
    pair.accepting.close()
    await Promise.all([pair.dialing.closed, pair.accepting.closed])
    this.#arriving.clear()
  }

  /** Streams that were given up before the other end heard of them never arrive: their places are free again. */
  #forgetGivenUp(): void {
    for (const [id, { stream, cancel }] of this.#arriving) {
      if (stream.isClosed && this.#arriving.delete(id)) cancel()
    }
  }

  #open(): Pair {
    if (this.#pair !== undefined) return this.#pair
    const [dialingEnd, acceptingEnd] = memoryPair({ clock: this.#clock })
    // Both ends are this process: they die together, so nothing needs to ask again whether the other is there.
    const common = { ...this.#limits, clock: this.#clock, keepAliveIntervalMs: 0 }
    this.#pair = {
      dialing: new Session(dialingEnd, { ...common, role: 'client' }),
      accepting: new Session(acceptingEnd, {
        ...common,
        role: 'server',
        handler: { onStream: (stream) => this.#onStream(stream) },
      }),
    }
    return this.#pair
  }

  #onStream(stream: Stream): void {
    const arrival = this.#arriving.get(stream.id)
    this.#arriving.delete(stream.id)
    if (arrival === undefined) {
      stream.destroy()
      return
    }
    const { localNode, localPort, remoteNode, remotePort } = arrival.ends
    const ends = {
      localNode: remoteNode,
      localPort: remotePort,
      remoteNode: localNode,
      remotePort: localPort,
    }
    const incoming: IncomingSocket = { stream, ends, rest: undefined, isExpected: true }
    arrival.arrivals.take(incoming)
  }
}
