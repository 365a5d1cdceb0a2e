import { checkMemoryUse, systemClock, type Clock, type MemoryUse, type Transport } from '@astranet/interface'
import { checkArray, checkBoolean, checkInteger, checkOneOf, invalidValue } from '@astranet/interface/check'
import { DEFAULT_HELLO_TIMEOUT_MS, DoorwaySlots } from '@astranet/link'
import { MemoryBudget, type SessionLimits } from '@astranet/mux'
import { PolicyEngine } from '@astranet/policy'
import type { CatalogueRoleOptions, CatalogueScope } from '@astranet/registry'
import { issuerCheck, type Granter } from '@astranet/ticket'
import { checkClock, checkOptions, MAX_TIMEOUT_MS, type OptionNames } from '../api/check.js'
import type { AstraNetOptions, DefaultTransports, DoorwayLimits, Encryption } from '../api/options.js'
import { checkLogger, type Logger } from '../api/logger.js'
import { checkPortMapping, type PortMappingOption } from '../api/port-mapping-option.js'
import { checkRole, type NodeRole } from '../api/role.js'
import { resolveTunnelOptions, type ResolvedTunnelOptions } from '../api/tunnel-options.js'
import { checkZone } from '../api/service-text.js'
import { readVariables, type Startup, type Variables } from '../api/variables.js'
import { checkNetworkSecret, pskOf, type PskSource } from '../api/secret.js'
import { DEFAULT_MAX_PENDING_STREAMS } from '../access/held-streams.js'
import { checkSessionLimits } from './session-limits.js'
import { withinOption } from '../api/within-option.js'

/** @internal Every option but the identity, resolved. */
export interface ResolvedOptions extends ResolvedTunnelOptions {
  /** What each link proves; `undefined`: nothing. */
  readonly psk: PskSource | undefined
  readonly encryption: Encryption
  /** `undefined`: all is allowed. */
  readonly policy: PolicyEngine | undefined
  readonly maxPendingStreams: number
  /** Accepted pipes that are not links yet: nothing is known of these peers. */
  readonly slots: DoorwaySlots
  /** The network's secret itself, for tickets. */
  readonly secret: string | undefined
  /** Whether nodes behind routers are to be reached directly. */
  readonly isPunching: boolean
  /** Whether the node connects to nodes that its program has not joined. */
  readonly followsInvitations: boolean
  readonly isSparing: boolean
  readonly portMapping: PortMappingOption
  /** The nodes whose grants are believed, beside this one. */
  readonly granters: readonly Granter[]
  readonly maxLinks: number
  readonly role: CatalogueRoleOptions
  /** What `catalogue` is in the options, for another role. */
  readonly catalogue: CatalogueScope | undefined
  /** Where the node runs; `''` when it does not say it. */
  readonly zone: string
  readonly transports: readonly Transport[]
  readonly sessionLimits: SessionLimits
  readonly helloTimeoutMs: number
  readonly memory: MemoryUse
  readonly clock: Clock
  /** What is done when the node is first used. */
  readonly startup: readonly Startup[]
  readonly logger: Logger | undefined
}

const MAX_PENDING_STREAMS = 0x7fffffff

/** Links of a node, by default. */
export const DEFAULT_MAX_LINKS = 1_024

const MAX_MAX_LINKS = 1_048_576

const DEFAULT_MAX_RECEIVE_BUFFER_BYTES = 256 * 1024 * 1024

const NODE_OPTIONS: OptionNames<AstraNetOptions> = {
  transports: true,
  secret: true,
  encryption: true,
  identity: true,
  policy: true,
  role: true,
  catalogue: true,
  zone: true,
  maxPendingStreams: true,
  doorway: true,
  granters: true,
  maxLinks: true,
  maxReceiveBufferBytes: true,
  sessionLimits: true,
  tunnels: true,
  holePunching: true,
  invitations: true,
  spareRouter: true,
  portMapping: true,
  helloTimeoutMs: true,
  memory: true,
  variables: true,
  logger: true,
  clock: true,
}

const DOORWAY_LIMITS: OptionNames<DoorwayLimits> = {
  maxPerStage: true,
  maxPerHost: true,
  handshakesPerSecond: true,
  totalHandshakesPerSecond: true,
}

/** @internal What a runtime adds to the options of a node. */
export interface OptionDefaults {
  readonly transports: DefaultTransports
  readonly role: NodeRole
  /** The environment variables of the process. */
  readonly variables: () => Variables
}

/** @internal Fills in defaults. Throws a TypeError or RangeError that names the option. */
export function resolveOptions(options: AstraNetOptions, defaults: OptionDefaults): ResolvedOptions {
  const {
    encryption = 'auto',
    granters = [],
    maxLinks = DEFAULT_MAX_LINKS,
  } = checkOptions('options', options, NODE_OPTIONS)
  const {
    maxPendingStreams = DEFAULT_MAX_PENDING_STREAMS,
    role = defaults.role,
    catalogue,
    zone = '',
    holePunching = true,
    invitations = true,
    spareRouter = true,
  } = options
  if (options.secret !== undefined) checkNetworkSecret(options.secret)
  const memory = checkMemoryUse(options.memory)
  const transports = checkTransports(options.transports ?? defaults.transports(options))
  const networks = transports.flatMap((each) => each.networks)
  const read = readVariables(options.variables ?? defaults.variables(), networks)
  const secret = options.secret ?? read.secret()
  const limit = options.maxReceiveBufferBytes ?? DEFAULT_MAX_RECEIVE_BUFFER_BYTES
  checkInteger('options.maxReceiveBufferBytes', limit, { min: 65_536, max: Number.MAX_SAFE_INTEGER })
  return {
    transports,
    ...resolveTunnelOptions(options.tunnels),
    policy: options.policy === undefined ? undefined : new PolicyEngine(options.policy),
    maxPendingStreams: checkInteger('options.maxPendingStreams', maxPendingStreams, {
      min: 1,
      max: MAX_PENDING_STREAMS,
    }),
    slots: makeSlots(options.doorway),
    psk: secret === undefined ? undefined : pskOf(secret),
    encryption: checkEncryption(encryption),
    secret,
    portMapping: checkPortMapping(options.portMapping),
    isPunching: checkBoolean('options.holePunching', holePunching),
    followsInvitations: checkBoolean('options.invitations', invitations),
    isSparing: checkBoolean('options.spareRouter', spareRouter),
    granters: checkGranters(granters),
    role: checkRole(role, catalogue),
    catalogue,
    zone: checkZone(zone),
    maxLinks: checkInteger('options.maxLinks', maxLinks, { min: 1, max: MAX_MAX_LINKS }),
    sessionLimits: { ...checkSessionLimits(options.sessionLimits), memoryBudget: new MemoryBudget(limit) },
    helloTimeoutMs: checkHelloTimeout(options.helloTimeoutMs ?? DEFAULT_HELLO_TIMEOUT_MS),
    memory,
    startup: read.startup,
    logger: checkLogger(options.logger),
    clock: checkClock(options.clock === undefined ? systemClock : options.clock),
  }
}

function makeSlots(limits: DoorwayLimits = {}): DoorwaySlots {
  checkOptions('options.doorway', limits, DOORWAY_LIMITS)
  return withinOption('options.doorway', () => new DoorwaySlots({ ...limits, random: Math.random }))
}

function checkEncryption(value: Encryption): Encryption {
  return checkOneOf('options.encryption', value, ['auto', 'always'])
}

/** A copy of the list, whose elements are right: an identity file must not be made for a node that is not. */
function checkGranters(value: readonly Granter[]): readonly Granter[] {
  const granters = [...checkArray('options.granters', value)] as readonly Granter[]
  withinOption('options', () => issuerCheck(granters))
  return granters
}

function checkHelloTimeout(value: number): number {
  return checkInteger('options.helloTimeoutMs', value, { min: 1, max: MAX_TIMEOUT_MS })
}

function checkTransports(transports: readonly Transport[]): readonly Transport[] {
  const isTransport = (each: Partial<Transport> | null): boolean =>
    typeof each?.dial === 'function' && typeof each.listen === 'function' && Array.isArray(each.networks)
  if (Array.isArray(transports) && transports.every(isTransport)) return transports
  throw invalidValue('options.transports', 'must be a list of transports, such as [tcp()]', transports)
}
