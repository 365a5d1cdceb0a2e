import type { OwnNetwork, PunchSockets } from '@astranet/relay'
import type { SignatureCrypto } from '@astranet/secure'
import type { DefaultTransports } from '../api/options.js'
import type { PortMappingOption } from '../api/port-mapping-option.js'
import type { NodeRole } from '../api/role.js'
import type { Variables } from '../api/variables.js'
import type { HealthChecks } from '../health/health-check.js'
import type { ListenerFactory } from '../listen/binder.js'
import type { AtExit } from './at-exit.js'
import type { KeepAlive } from './keep-alive.js'
import type { MachineWatch } from './machine-watch.js'
import type { Reporter } from './reporter.js'
import type { SocketFactory } from './socket-factory.js'

/**
 * @internal Everything that a runtime gives a node; the rest of a node is the same everywhere. Only the node and the
 * runtimes know the whole of it: each part of a node is given the one interface that it needs.
 */
export interface Platform<TSocket, TListener>
  extends SocketFactory<TSocket>, ListenerFactory<TSocket, TListener>, Reporter {
  /** The transports of a node that was given none. */
  readonly transports: DefaultTransports
  /** The role of a node that was given none. */
  readonly role: NodeRole
  /** The environment variables of the process; none where the runtime has no such thing. */
  readonly variables: () => Variables
  /** What checks the signatures of other nodes. */
  readonly signatures: SignatureCrypto
  /** The IP addresses at which other machines may reach this one. */
  hostAddresses(): readonly string[]
  /** The networks that this machine is in, without loopback and link-local ones. */
  hostNetworks(): readonly OwnNetwork[]
  /** What connects to peers behind NATs; `undefined` where the runtime has no TCP. */
  readonly punchSockets: ((portMapping: PortMappingOption) => PunchSockets) | undefined
  /** How the health of services is asked over the network. */
  readonly healthChecks: HealthChecks
  /** What keeps the program running. */
  readonly keepAlive: KeepAlive
  /** How links notice that the program ends. */
  readonly atExit: AtExit
  /** How links and endpoints notice that the machine slept or changed its network. */
  readonly machine: MachineWatch
}
