import type { Clock } from '@astranet/interface'
import type { RemoteIdentity } from '../links/remote-identity.js'
import { NetError } from '../api/net-error.js'
import type { SocketEnds } from '../api/socket-ends.js'
import { CodeCounter, type CodeCounts } from '../node/code-counts.js'
import type { ReportChannel } from '../node/report-channel.js'
import type { Reporter } from '../node/reporter.js'
import type { DialRequest } from './dial-request.js'

/**
 * A dial has connected: `{ address, environment, nodeId, localPort, remotePort, path, durationMs }`. `durationMs` is
 * `undefined` when the dial began before the channel had an observer.
 */
const DIAL_CONNECTED = 'astranet:dial:connected'

/** A dial has failed: `{ address, environment, error, durationMs }`. */
const DIAL_FAILED = 'astranet:dial:failed'

/** What has become of a node's dials so far. Only `inFlight` falls. */
export interface DialInspection {
  readonly connected: number
  /** By the error's code; `'none'` for errors without one; `'ECANCELED'` for dials given up without an error. */
  readonly failed: CodeCounts
  /** Dials that have not finished. */
  readonly inFlight: number
}

/** Counts dials, and publishes them while anybody observes that. */
export class DialReports {
  readonly #clock: Clock
  readonly #connected: ReportChannel
  readonly #failed: ReportChannel
  readonly #failures = new CodeCounter()
  #connections = 0
  #inFlight = 0

  constructor(clock: Clock, reporter: Pick<Reporter, 'channel'>) {
    this.#clock = clock
    this.#connected = reporter.channel(DIAL_CONNECTED)
    this.#failed = reporter.channel(DIAL_FAILED)
  }

  /** A dial begins. The result is for the call that reports its end. */
  begun(): number | undefined {
    this.#inFlight += 1
    return this.#connected.hasSubscribers || this.#failed.hasSubscribers ? this.#clock.now() : undefined
  }

  /** A dial has connected. */
  connected(
    { text: address, scope }: DialRequest,
    begunAt: number | undefined,
    { ends, identity }: { readonly ends: SocketEnds; readonly identity: RemoteIdentity },
  ): void {
    this.#connections += 1
    this.#inFlight -= 1
    if (!this.#connected.hasSubscribers) return
    const { environment } = scope
    const { nodeId, path } = identity
    const { localPort, remotePort } = ends
    const durationMs = this.#since(begunAt)
    this.#connected.publish({ address, environment, nodeId, localPort, remotePort, path, durationMs })
  }

  /** A dial has failed, or was given up: then `reason` may be anything. */
  failed({ text: address, scope }: DialRequest, begunAt: number | undefined, reason: unknown): void {
    const error = reason instanceof Error ? reason : givenUp(address, reason)
    this.#failures.add(error)
    this.#inFlight -= 1
    if (!this.#failed.hasSubscribers) return
    const { environment } = scope
    this.#failed.publish({ address, environment, error, durationMs: this.#since(begunAt) })
  }

  /** The counts so far, as plain data. */
  inspect(): DialInspection {
    return { connected: this.#connections, failed: this.#failures.counts, inFlight: this.#inFlight }
  }

  #since(begunAt: number | undefined): number | undefined {
    return begunAt === undefined ? undefined : this.#clock.now() - begunAt
  }
}

/** What observers see of a dial that the program has given up for a reason that is no error, or for none. */
function givenUp(address: string, reason: unknown): NetError {
  return new NetError('ECANCELED', 'the dial was given up', { syscall: 'dial', address, cause: reason })
}
