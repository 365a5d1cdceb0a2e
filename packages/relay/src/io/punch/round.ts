import { onAbort, toError, type Clock, type Connection, type Timer } from '@astranet/interface'
import type { LinkRole } from '@astranet/link'
import type { OwnSituation } from '../../proto/punch/own-facts.js'
import type { PunchMethod, PunchStage, PunchStep } from '../../proto/punch/plan.js'
import type { PunchSockets } from './punch-sockets.js'

/** How many connections of one round are in the doorway at once; a further one is closed. */
export const MAX_HANDSHAKES = 4

/** Where a round listens. */
type Listening = Pick<OwnSituation, 'listenPort' | 'mapped'>

const NOWHERE: Listening = { listenPort: 0, mapped: [] }

/** What a round needs. */
export interface RoundParts {
  readonly sockets: PunchSockets
  readonly clock: Clock
  /** The local port of the link to a router, where a NAT lets in what it takes for answers; 0: not known. */
  readonly linkPort: number
  /** Whether a SYN may be sent to this host; if so, it is counted. */
  readonly takeSyn: (host: string) => boolean
  /**
   * Makes a link of a connection; rejects when it does not become one, for instance because another node is there. It
   * has a deadline of its own: when a round ends, handshakes go on. Otherwise each side could give up the connection
   * over which the other side has just got its link.
   */
  readonly adopt: (connection: Connection, options: AdoptOptions) => Promise<unknown>
}

/** How a connection came about, and which side this one is. */
export interface AdoptOptions {
  readonly method: PunchMethod
  readonly role: LinkRole
}

/** One round of attempts to reach a peer. Holds a listener and a timer for each stage that has not begun. */
export class PunchRound {
  readonly #parts: RoundParts
  readonly #ending = new AbortController()
  readonly #timers: Timer[] = []
  #handshakes = 0
  #listening: Promise<Listening> | undefined = undefined
  #closing: Promise<void> | undefined = undefined

  constructor(parts: RoundParts) {
    this.#parts = parts
  }

  /** Listens for the peer until the round ends; resolves with where. Nowhere when the system allows no port. */
  listen(): Promise<Listening> {
    return (this.#listening ??= this.#listen())
  }

  async #listen(): Promise<Listening> {
    const { sockets, linkPort } = this.#parts
    try {
      const onConnection = (connection: Connection): void => this.#take(connection, 'acceptor', 'dial-back')
      const listener = await sockets.listen(onConnection, this.#ending.signal, linkPort)
      if (this.#ending.signal.aborted) {
        await listener.close()
        return NOWHERE
      }
      onAbort(this.#ending.signal, () => void (this.#closing = listener.close()))
      return { listenPort: listener.port, mapped: listener.mapped }
    } catch {
      // The round has other ways.
      return NOWHERE
    }
  }

  /** Tries what each stage says, when its time has come. */
  begin(stages: readonly PunchStage[], delayMs: number): void {
    for (const { atMs, steps } of stages) {
      const start = (): void => {
        for (const step of steps) this.#try(step)
      }
      this.#timers.push(this.#parts.clock.setTimer(delayMs + atMs, start, { background: true }))
    }
  }

  /** Stops all attempts; connections that were made stay. Idempotent; resolves when its port is free. */
  async end(): Promise<void> {
    for (const timer of this.#timers.splice(0)) timer.cancel()
    this.#ending.abort(new Error('the round has ended'))
    // It may be about to listen: then it closes that port itself.
    await this.#listening
    await this.#closing
  }

  #try(step: PunchStep): void {
    const { sockets, takeSyn } = this.#parts
    const { signal } = this.#ending
    const { remote, method } = step
    if (step.way === 'dial') {
      if (takeSyn(remote.host)) this.#dial(step)
      return
    }
    const options = {
      ...{ remote, signal },
      takeSyn: () => takeSyn(remote.host),
      onConnection: (connection: Connection) => this.#take(connection, 'either', method),
    }
    if (step.way === 'many') sockets.openManyPorts(options)
    else if (step.way === 'open') sockets.openSimultaneously({ ...options, localPort: step.localPort })
    else sockets.tryPorts({ ...options, localPort: step.localPort })
  }

  #dial({ remote, method }: PunchStep): void {
    this.#parts.sockets.dial(remote, this.#ending.signal).then(
      (connection) => this.#take(connection, 'dialer', method),
      // Nobody is there; the other ways go on.
      () => undefined,
    )
  }

  #take(connection: Connection, role: LinkRole, method: PunchMethod): void {
    const { signal } = this.#ending
    if (signal.aborted || this.#handshakes >= MAX_HANDSHAKES) {
      connection.abort(
        new Error(signal.aborted ? 'the round has ended' : 'other connections are tried first'),
      )
      return
    }
    this.#handshakes += 1
    const done = (): void => void (this.#handshakes -= 1)
    this.#parts.adopt(connection, { role, method }).then(done, (error: unknown) => {
      done()
      connection.abort(toError(error))
    })
  }
}
