import {
  checkMemoryUse,
  systemClock,
  toNodeId,
  type Clock,
  type MemoryUse,
  type NodeId,
  type Transport,
} from '@astranet/interface'
import { DEFAULT_HELLO_TIMEOUT_MS, type HelloProof } from '@astranet/link'
import { MemoryBudget, type SessionLimits } from '@astranet/mux'
import { checkBoolean, checkClock, checkOptions, checkTimeout } from './check.js'
import type { Platform } from '../node/platform.js'
import { checkSecret, proofOf } from './secret.js'
import { checkSessionLimits } from '../node/session-limits.js'

/** How to make a node. */
export interface AstraNetOptions {
  /**
   * What it can be joined and join over; the network's name chooses one, the first that has it. Default on Node
   * `[tcp({ secret }), ws()]`: `tcp`, `tcp4`, `tcp6`, `unix`, `ws` and `wss`; in browsers
   * `[ws()]`.
   */
  transports?: readonly Transport[]
  /**
   * What all nodes of the network know and nobody else does, at least 16 characters without white space at the ends; the
   * command `astranet-secret` makes a good one. Every link, over whichever transport and on attached pipes too, is made only after each side has proved to
   * the other that it knows it; otherwise both get `ASTRA_ERR_LINK_AUTHENTICATION` (over TCP `ASTRA_ERR_TLS_SECRET`, since
   * the default transports use it for TLS too). Transports that are given have security of their own, and each pipe must be
   * confidential (TLS, a Unix socket), else `ASTRA_ERR_INSECURE`. It is stretched once for the node, in some 0.3 s. Default:
   * none, and whoever can connect is a member.
   */
  secret?: string
  /**
   * Whether the secret is also proved on pipes that others can read or change, such as `ws`. Whoever reads a proof can try
   * guesses at the secret at home; whoever can change the bytes takes the link over once the proof is done. Meant for
   * pipes that something else protects, such as a VPN. Without `secret` it means nothing. Default `false`.
   */
  insecure?: boolean
  /**
   * The node's id. Default: random, which is what it should be unless an id must be kept over restarts. Two nodes that run at
   * once must not have the same: both are told, on the diagnostics channel `astranet:node:conflict` and by the process
   * warning `ASTRA_WARN_ID_CONFLICT`.
   */
  nodeId?: bigint
  /**
   * What all links together may hold of unread bytes and promise to take, in bytes; from 65,536. Default 268,435,456
   * (256 MiB).
   */
  maxReceiveBufferBytes?: number
  /**
   * Limits of each link's session; see `@astranet/mux`. `maxConcurrentStreams` is at least 3 here: a link's own stream,
   * that of the peer's registry, and one for the peer's dials.
   */
  sessionLimits?: Omit<SessionLimits, 'memoryBudget' | 'isTrusted'>
  /**
   * How long a new connection may take until both sides have said who they are, in whole ms, 1 to 2^31 - 1. Default
   * 10,000. Then it is cut.
   */
  helloTimeoutMs?: number
  /**
   * Whether the process keeps memory that reading from sockets frees, on Linux: `'fast'` lets `malloc` keep up to 48 MiB for
   * each thread that allocates, and receiving much is up to half as fast again; `'lean'` leaves `malloc` alone, for a process
   * where memory matters more, such as one of many on a machine. It is about the default transports and attached Node
   * streams; `transports` have an option of their own. A process has one `malloc`: one user of `'fast'` in it decides for
   * all. Default `'fast'`.
   */
  memory?: MemoryUse
  /** Default: the system's. */
  clock?: Clock
}

/** @internal Every option, resolved. */
export interface ResolvedOptions {
  readonly transports: readonly Transport[]
  readonly nodeId: NodeId
  /** What each link proves; `undefined`: nothing. */
  readonly proof: HelloProof | undefined
  readonly insecure: boolean
  readonly sessionLimits: SessionLimits
  readonly helloTimeoutMs: number
  readonly memory: MemoryUse
  readonly clock: Clock
}

const DEFAULT_MAX_RECEIVE_BUFFER_BYTES = 256 * 1024 * 1024

/**
 * @internal Fills in defaults, for `transports` those of the platform. Throws a TypeError or RangeError that names the
 * option.
 */
export function resolveOptions(
  options: AstraNetOptions,
  platform: Platform<unknown, unknown>,
): ResolvedOptions {
  const { secret, insecure = false } = checkOptions(options)
  if (secret !== undefined) checkSecret(secret)
  const memory = checkMemoryUse(options.memory)
  const transports = checkTransports(options.transports ?? platform.transports(options))
  const limit = options.maxReceiveBufferBytes ?? DEFAULT_MAX_RECEIVE_BUFFER_BYTES
  if (!Number.isSafeInteger(limit) || limit < 65_536) {
    throw new RangeError(`maxReceiveBufferBytes must be an integer of at least 65536, got ${limit}`)
  }
  return {
    transports,
    nodeId: options.nodeId === undefined ? randomNodeId() : toNodeId(options.nodeId),
    proof: secret === undefined ? undefined : proofOf(secret),
    insecure: checkBoolean('insecure', insecure),
    sessionLimits: { ...checkSessionLimits(options.sessionLimits), memoryBudget: new MemoryBudget(limit) },
    helloTimeoutMs: checkHelloTimeout(options.helloTimeoutMs ?? DEFAULT_HELLO_TIMEOUT_MS),
    memory,
    clock: checkClock(options.clock === undefined ? systemClock : options.clock),
  }
}

function checkHelloTimeout(value: number): number {
  if (Number.isInteger(checkTimeout('helloTimeoutMs', value, 1))) return value
  throw new RangeError(`helloTimeoutMs must be an integer, got ${value}`)
}

function checkTransports(transports: readonly Transport[]): readonly Transport[] {
  const isTransport = (each: Partial<Transport> | null): boolean =>
    typeof each?.dial === 'function' && typeof each.listen === 'function' && Array.isArray(each.networks)
  if (Array.isArray(transports) && transports.every(isTransport)) return transports
  throw new TypeError('transports must be a list of transports, such as [tcp()]')
}

function randomNodeId(): NodeId {
  return toNodeId(crypto.getRandomValues(new BigUint64Array(1))[0] as bigint)
}
