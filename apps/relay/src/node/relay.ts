import {
  AstraNet,
  type AstraNetOptions,
  type Endpoint,
  type Metric,
  type NodeId,
  type NodeInspection,
} from '@astranet/core'
import type { NetworkAddress } from '../arguments/network-address.js'
import type { Settings } from '../arguments/settings.js'
import { codeOf, ExitCode, Failure, messageOf, usageFailure } from '../failure.js'
import type { Logger } from '../log/logger.js'
import { Ration } from '../log/ration.js'
import { ComingsAndGoings } from './comings-and-goings.js'
import type { Inputs } from './inputs.js'
import { Joins, type JoinState } from './joins.js'
import { Refusals } from './refusals.js'
import { transportsOf } from './transports.js'

/** Where the relay is in its life: `starting` -> `ready` -> `draining`. */
export type RelayState = 'starting' | 'ready' | 'draining'

/** All that the admin server shows of the relay at one moment. */
export interface RelaySnapshot {
  readonly state: RelayState
  readonly node: NodeInspection
  /** `network://address` of each listener, with the real port. */
  readonly listeners: readonly string[]
  readonly joins: readonly JoinState[]
}

/** What the metrics are made of. */
export interface RelayMeasures {
  readonly nodeId: NodeId
  readonly state: RelayState
  /** How many relays this one is to join. */
  readonly joins: number
  /** Those of the node. */
  readonly metrics: readonly Metric[]
}

/** The router node, its listeners, and the relays that it joins. */
export class Relay {
  readonly #node: AstraNet
  readonly #log: Logger
  readonly #settings: Settings
  readonly #comings: ComingsAndGoings
  readonly #joins: Joins
  readonly #endpoints: Endpoint[] = []
  #state: RelayState = 'starting'

  private constructor(node: AstraNet, settings: Settings, log: Logger) {
    this.#node = node
    this.#log = log
    this.#settings = settings
    const ration = new Ration(() => performance.now())
    this.#comings = new ComingsAndGoings({ log, ration, refusals: new Refusals(log, ration) })
    this.#joins = new Joins(node, settings.join, log)
  }

  /** Makes the node. Throws a usage `Failure` when a file has no identity, or an option is none of the node's. */
  static async create(settings: Settings, inputs: Inputs, log: Logger): Promise<Relay> {
    return new Relay(await makeNode(settings, inputs), settings, log)
  }

  /** The node's id. */
  get nodeId(): AstraNet['nodeId'] {
    return this.#node.nodeId
  }

  get state(): RelayState {
    return this.#state
  }

  /** All that there is to show. The cost grows with what the node holds. */
  snapshot(): RelaySnapshot {
    return {
      state: this.#state,
      node: this.#node.inspect(),
      listeners: this.#endpoints.map(({ network, address }) => `${network}://${address}`),
      joins: this.#joins.states,
    }
  }

  /** The metrics of the node, and what the relay adds to them. The cost grows with what the node holds. */
  measure(): RelayMeasures {
    return {
      nodeId: this.#node.nodeId,
      state: this.#state,
      joins: this.#joins.states.length,
      metrics: this.#node.metrics(),
    }
  }

  /** Listens, and begins to join. Throws a `Failure` that names the address. `onFailure`: a join can never succeed. */
  async start(onFailure: (failure: Failure) => void): Promise<void> {
    for (const at of this.#settings.listen) await this.#listen(at)
    this.#joins.start(onFailure)
    if (this.#state === 'starting') this.#state = 'ready'
  }

  /** Leaves the network: takes nothing new, lets open streams end for `drainMs`, and closes. Idempotent. */
  async close(drainMs: number): Promise<void> {
    this.#state = 'draining'
    this.#joins.stop()
    await this.#node.close({ drainMs })
    this.#comings.end()
  }

  async #listen(at: NetworkAddress): Promise<void> {
    const { advertise } = this.#settings
    try {
      const endpoint = await this.#node.listenAndServe(at.network, at.address, {
        // Refused connections arrive on a channel, which knows their address.
        onError: (error) => this.#log.debug({ event: 'listener-error', err: error }, error.message),
        ...(advertise.length === 0 ? {} : { advertise: advertise.map(({ text }) => text) }),
      })
      this.#endpoints.push(endpoint)
      const address = `${endpoint.network}://${endpoint.address}`
      this.#log.info({ event: 'listening', address }, `listens on ${address}`)
    } catch (error) {
      const exitCode =
        error instanceof TypeError || error instanceof RangeError ? ExitCode.USAGE : ExitCode.FAILED
      const advice =
        at.network === 'unix' && codeOf(error) === 'EADDRINUSE'
          ? '; a relay that was killed leaves that file behind: remove it if no other program uses it'
          : ''
      throw new Failure(`--listen ${at.text}: ${messageOf(error)}${advice}`, exitCode, error)
    }
  }
}

async function makeNode(settings: Settings, { secret, policy, tls }: Inputs): Promise<AstraNet> {
  const { identityFile, maxLinks, maxTunnels, maxNodeTunnels, maxNodeRate, origins } = settings
  const options: AstraNetOptions = {
    role: 'router',
    // Those of the relay are read as options: the node must not act on them again, without their checks.
    variables: {},
    maxLinks,
    tunnels: {
      ...{ maxTunnels, maxTunnelsPerNode: maxNodeTunnels },
      ...(maxNodeRate === undefined ? {} : { bytesPerSecondPerNode: maxNodeRate }),
    },
    transports: transportsOf(tls, origins),
    ...(secret === undefined ? {} : { secret }),
    ...(policy === undefined ? {} : { policy }),
    ...(identityFile === undefined ? {} : { identity: identityFile }),
  }
  try {
    return await AstraNet.create(options)
  } catch (error) {
    // All other options were checked when their files were read.
    const what = identityFile === undefined ? '' : `--identity-file ${identityFile}: `
    throw usageFailure(`${what}${messageOf(error)}`, error)
  }
}
