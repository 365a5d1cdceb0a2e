import { onAbort, type Clock } from '@astranet/interface'
import { duplexPair } from '@astranet/interface/duplex-pair'
import { Session, SessionError, type SessionLimits, type Stream } from '@astranet/mux'
import type { SocketEnds } from '../api/socket-ends.js'
import type { AccessControl } from '../access/access-control.js'
import { DialGate } from '../listen/dial-gate.js'
import { NOBODY, type ListenerQueue } from '../listen/listener-queue.js'
import type { ListenerReports } from '../listen/listener-reports.js'
import type { Refusal } from '../listen/refusal.js'

/** A stream that the dialing end has opened, and that has not arrived at the accepting end. */
interface PendingArrival {
  readonly queue: ListenerQueue<unknown>
  readonly ends: SocketEnds
  /** The queue has it; `false`: the port was closed meanwhile. */
  arrived(isTaken: boolean): void
  /** The sessions have ended. */
  lost(): void
}

/** Two sessions joined in memory, over which a node dials its own services. */
interface SessionPair {
  readonly dialing: Session
  readonly accepting: Session
  /** Streams that have not arrived at the accepting end, by stream id. */
  readonly arriving: Map<number, PendingArrival>
}

/** @internal What a node's dials of itself need. */
export interface LoopbackParts {
  readonly clock: Clock
  readonly limits: SessionLimits
  readonly access: AccessControl
  readonly reports: ListenerReports
}

/**
 * Dials from a node to itself. The bytes take the same way as between nodes, with the same back-pressure; only the
 * question whether a port is bound is answered without a stream. As with `net` on one machine, the listener has the
 * stream before the dial succeeds: a listener that is closed then does not reset it.
 *
 * The first dial makes the sessions. If they end, for example because of an idle timeout among the session's limits,
 * the next dial makes new ones.
 */
export class Loopback {
  readonly #clock: Clock
  readonly #limits: SessionLimits
  readonly #access: AccessControl
  readonly #gate: DialGate
  readonly #reports: ListenerReports
  /** The pair for new dials. */
  #pair: SessionPair | undefined = undefined
  /** That pair, and those that have not closed completely. */
  readonly #pairs = new Set<SessionPair>()

  constructor({ clock, limits, access, reports }: LoopbackParts) {
    this.#reports = reports
    this.#clock = clock
    this.#limits = limits
    this.#access = access
    this.#gate = new DialGate(access)
  }

  /**
   * Opens a stream to the queue of a bound port, or returns why it is refused. Rejects with the signal's reason when
   * that aborts, and with a {@link SessionError} when the sessions end meanwhile.
   */
  async dial(
    queue: ListenerQueue<unknown> | undefined,
    ends: SocketEnds,
    signal: AbortSignal,
  ): Promise<Stream | Refusal> {
    if (queue === undefined) return this.#refused(undefined, ends, NOBODY)
    const refusal = this.#refusal(queue)
    if (refusal !== undefined) return this.#refused(queue, ends, refusal)
    const cancel = queue.expect()
    let stream: Stream | undefined
    try {
      const { dialing, arriving } = this.#open()
      stream = await dialing.openStream({ signal })
      if (await arrival(arriving, stream, { queue, ends, signal })) return stream
    } catch (error) {
      cancel()
      stream?.destroy()
      throw error
    }
    cancel()
    stream.destroy()
    return this.#refused(queue, ends, NOBODY)
  }

  #refused(queue: ListenerQueue<unknown> | undefined, ends: SocketEnds, refusal: Refusal): Refusal {
    const { service, environment = '' } = queue?.binding ?? {}
    const { localNode: nodeId, localPort, remotePort: port } = ends
    this.#reports.refused({ service, environment, port }, { nodeId, remotePort: localPort }, refusal)
    return refusal
  }

  #refusal(queue: ListenerQueue<unknown>): Refusal | undefined {
    return this.#gate.refusal(queue, this.#access.own) ?? queue.refusal()
  }

  /** Streams that are open, each of which has two sockets. */
  get openStreams(): number {
    let count = 0
    for (const { dialing } of this.#pairs) count += dialing.openStreams
    return count
  }

  /** Takes no more streams; resolves when none is open. Only when nothing is dialed any more. */
  async drain(): Promise<void> {
    const sessions = [...this.#pairs].flatMap(({ dialing, accepting }) => [dialing, accepting])
    await Promise.all(sessions.map((session) => session.drain()))
  }

  /** Closes all sessions; resolves when they have closed. */
  async close(): Promise<void> {
    const closed = [...this.#pairs].map(async ({ dialing, accepting }) => {
      dialing.close()
      accepting.close()
      await Promise.all([dialing.closed, accepting.closed])
    })
    await Promise.all(closed)
  }

  #open(): SessionPair {
    if (this.#pair !== undefined) return this.#pair
    const [dialingEnd, acceptingEnd] = duplexPair({ clock: this.#clock })
    // Both ends are this process and end together, so neither needs to ask whether the other is alive.
    const common = { ...this.#limits, clock: this.#clock, keepAliveIntervalMs: 0 }
    const arriving = new Map<number, PendingArrival>()
    const onClosing = (): void => this.#ended(pair)
    const onClose = (): void => {
      if (pair.dialing.isClosed && pair.accepting.isClosed) this.#pairs.delete(pair)
    }
    const onStream = (stream: Stream): void => this.#onStream(stream, arriving)
    const pair: SessionPair = {
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

  /** One of the two sessions has ended, and the other one is about to: what has not arrived never does. */
  #ended(pair: SessionPair): void {
    if (this.#pair === pair) this.#pair = undefined
    for (const pending of [...pair.arriving.values()]) pending.lost()
  }

  #onStream(stream: Stream, arriving: Map<number, PendingArrival>): void {
    const pending = arriving.get(stream.id)
    if (pending?.queue.isOpen !== true) {
      stream.destroy()
      pending?.arrived(false)
      return
    }
    const { localNode, localPort, remoteNode, remotePort } = pending.ends
    const ends = {
      localNode: remoteNode,
      localPort: remotePort,
      remoteNode: localNode,
      remotePort: localPort,
    }
    const identity = this.#access.shown(this.#access.own)
    pending.arrived(true)
    pending.queue.take({ stream, ends, identity, initialBytes: undefined, isExpected: true })
  }
}

/**
 * Waits until the stream has arrived at the accepting end: whether the queue took it. Rejects with the signal's reason
 * when that aborts, and with a {@link SessionError} when the sessions end.
 */
function arrival(
  arriving: Map<number, PendingArrival>,
  { id }: Stream,
  { queue, ends, signal }: Pick<PendingArrival, 'queue' | 'ends'> & { readonly signal: AbortSignal },
): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const forget = (): void => {
      arriving.delete(id)
      ignoreSignal()
    }
    const giveUp = (reason: unknown): void => {
      forget()
      reject(reason as Error)
    }
    const ignoreSignal = onAbort(signal, () => giveUp(signal.reason))
    arriving.set(id, {
      queue,
      ends,
      arrived: (isTaken) => {
        forget()
        resolve(isTaken)
      },
      lost: () => giveUp(new SessionError('ASTRA_ERR_SESSION_OVER', 'the sessions have ended')),
    })
  })
}
