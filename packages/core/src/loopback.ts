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
  /** What streams on their way are for, by stream id. */
  readonly arriving: Map<number, PendingArrival>
}

/**
 * Dials from a node to itself. The bytes take the same way as between nodes, with the same back-pressure; only the
 * question whether somebody listens is answered on the spot.
 *
 * The sessions are made by the first dial, and by the first one after they ended (an idle timeout among the session's
 * limits, for example).
 */
export class Loopback {
  readonly #clock: Clock
  readonly #limits: SessionLimits
  /** The pair for new dials. */
  #pair: Pair | undefined = undefined
  /** That pair, and those whose end is not complete. */
  readonly #pairs = new Set<Pair>()

  constructor(clock: Clock, limits: SessionLimits) {
    this.#clock = clock
    this.#limits = limits
  }

  /**
   * Opens a stream to what is bound, or says why it is refused. Rejects with the signal's reason when that aborts, and with
   * a {@link SessionError} when the sessions end meanwhile.
   */
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
      const { dialing, arriving } = this.#open()
      const stream = await dialing.openStream({ signal })
      // Ids are used again exactly when their stream was given up before the other end heard of it.
      arriving.get(stream.id)?.cancel()
      arriving.set(stream.id, { arrivals, ends, stream, cancel })
      return stream
    } catch (error) {
      cancel()
      throw error
    }
  }

  /** Ends all sessions; resolves when they are over. */
  async close(): Promise<void> {
    const closed = [...this.#pairs].map(async ({ dialing, accepting }) => {
      dialing.close()
      accepting.close()
      await Promise.all([dialing.closed, accepting.closed])
    })
    await Promise.all(closed)
  }

  /** Streams that were given up before the other end heard of them never arrive: their places are free again. */
  #forgetGivenUp(): void {
    const arriving = this.#pair?.arriving ?? new Map<number, PendingArrival>()
    for (const [id, { stream, cancel }] of arriving) {
      if (stream.isClosed && arriving.delete(id)) cancel()
    }
  }

  #open(): Pair {
    if (this.#pair !== undefined) return this.#pair
    const [dialingEnd, acceptingEnd] = memoryPair({ clock: this.#clock })
    // Both ends are this process: they die together, so nothing needs to ask again whether the other is there.
    const common = { ...this.#limits, clock: this.#clock, keepAliveIntervalMs: 0 }
    const arriving = new Map<number, PendingArrival>()
    const onClosing = (): void => this.#over(pair)
    const onClose = (): void => {
      if (pair.dialing.isClosed && pair.accepting.isClosed) this.#pairs.delete(pair)
    }
    const onStream = (stream: Stream): void => this.#onStream(stream, arriving)
    const pair: Pair = {
      dialing: new Session(dialingEnd, { ...common, role: 'client', handler: { onClosing, onClose } }),
      accepting: new Session(acceptingEnd, {
        ...common,
        role: 'server',
        handler: { onStream, onClosing, onClose },
      }),
      arriving,
    }
    this.#pair = pair
    this.#pairs.add(pair)
    return pair
  }

  /** One of the two is over, and the other one hears of it: what was on its way never arrives. */
  #over(pair: Pair): void {
    if (this.#pair === pair) this.#pair = undefined
    for (const { cancel } of pair.arriving.values()) cancel()
    pair.arriving.clear()
  }

  #onStream(stream: Stream, arriving: Map<number, PendingArrival>): void {
    const arrival = arriving.get(stream.id)
    arriving.delete(stream.id)
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
