import { formatNodeId, parseAddress, type Address, type Clock, type NodeId } from '@astranet/interface'
import {
  DialError,
  RefusalReason,
  refusalError,
  type DialHandler,
  type Link,
  type OutgoingDial,
} from '@astranet/link'
import { roundRobin, type Catalogue, type Selector, type ServiceInstance } from '@astranet/registry'
import { ChangeWaiters } from './change-waiters.js'
import { Deadline } from './deadline.js'
import type { Loopback } from './loopback.js'
import { NetError } from './net-error.js'
import type { Peers } from './peers.js'
import type { PortTable } from './port-table.js'
import { Socket, type SocketEnds } from './socket.js'

/** How long a dial may take unless told otherwise, in ms. */
export const DEFAULT_DIAL_TIMEOUT_MS = 10_000

/** How to dial. */
export interface DialOptions {
  /**
   * How long an unknown name may stay unknown and an answer outstanding, in ms; 0: what is not known now fails at once
   * (an answer still has the default time). Default 10,000.
   */
  timeoutMs?: number
  /** Gives up when aborted: the promise rejects with the signal's reason. */
  signal?: AbortSignal
  /** Picks among several instances of a service. Default: one after the other. */
  selector?: Selector
  /** What the selector may go by, for example a user's name, so that one user meets one instance. */
  key?: string
}

/** @internal What a dialer needs of its node. */
export interface DialerParts {
  readonly self: NodeId
  readonly clock: Clock
  readonly catalogue: Catalogue
  readonly peers: Peers
  readonly ports: PortTable
  readonly loopback: Loopback
}

/** @internal Which names a dial sees. */
export interface DialScope {
  readonly environment: string
  /** Whether this node's own services count. */
  readonly hasLoopBack: boolean
}

/** One call of `dial`. */
interface Call {
  readonly text: string
  readonly scope: DialScope
  readonly options: DialOptions
  readonly deadline: Deadline
}

/** Where one attempt goes. */
interface Target {
  readonly nodeId: NodeId
  readonly port: number
  readonly service: string | undefined
  readonly environment: string | undefined
}

/** Finds out where an address leads and connects to it. */
export class Dialer {
  readonly #parts: DialerParts
  readonly #waiters = new ChangeWaiters()
  readonly #roundRobin = roundRobin()

  constructor(parts: DialerParts) {
    this.#parts = parts
  }

  /** A service is offered that was not. */
  serviceOffered(service: ServiceInstance): void {
    this.#waiters.wake(serviceKey(service.environment, service.name))
  }

  /** There is a link to a node that there was none to. */
  nodeFound(nodeId: NodeId): void {
    this.#waiters.wake(nodeKey(nodeId))
  }

  /** Connects to `text`, an address. See `AstraNet.dial`. */
  async dial(text: string, scope: DialScope, options: DialOptions = {}): Promise<Socket> {
    const address = parseAddress(text)
    const timeoutMs = options.timeoutMs ?? DEFAULT_DIAL_TIMEOUT_MS
    if (!(timeoutMs >= 0 && timeoutMs <= 0x7fffffff)) {
      throw new RangeError(`timeoutMs must be from 0 to ${0x7fffffff}, got ${timeoutMs}`)
    }
    const deadline = new Deadline(this.#parts.clock, timeoutMs, options.signal)
    try {
      return await this.#connect(address, { text, scope, options, deadline })
    } finally {
      deadline.clear()
    }
  }

  #connect(address: Address, call: Call): Promise<Socket> {
    if (address.kind === 'service') return this.#toService(address.service, address.port, call)
    const nodeId = address.kind === 'local' ? this.#parts.self : address.nodeId
    return this.#toNode(nodeId, address.port, call)
  }

  /** Tries instances until one accepts. One that refuses is not asked twice. */
  async #toService(service: string, port: number | undefined, call: Call): Promise<Socket> {
    const { environment } = call.scope
    const refused = new Set<ServiceInstance>()
    let lastError: Error | undefined
    for (;;) {
      const instance = this.#select(service, port, { call, refused })
      if (instance === undefined) {
        if (lastError !== undefined) throw lastError
        if (call.deadline.isOver) throw notFound(service, port, call)
        await this.#waiters.wait(serviceKey(environment, service), call.deadline)
        if (call.deadline.reason !== undefined) throw call.deadline.reason
        continue
      }
      try {
        return await this.#attempt({ ...instance, service, environment }, call)
      } catch (error) {
        if (!isWorthAnother(error) || call.deadline.isOver) throw error
        refused.add(instance)
        lastError = error
      }
    }
  }

  #select(
    service: string,
    port: number | undefined,
    { call, refused }: { call: Call; refused: ReadonlySet<ServiceInstance> },
  ): ServiceInstance | undefined {
    const { catalogue, self } = this.#parts
    const { scope, options } = call
    const known = catalogue.resolve(scope.environment, service, port)
    const isNarrowed = refused.size > 0 || !scope.hasLoopBack
    const instances = isNarrowed
      ? known.filter((each) => !refused.has(each) && (scope.hasLoopBack || each.nodeId !== self))
      : known
    if (instances.length <= 1) return instances[0]
    return (options.selector ?? this.#roundRobin)(instances, options.key)
  }

  async #toNode(nodeId: NodeId, port: number, call: Call): Promise<Socket> {
    while (nodeId !== this.#parts.self && this.#parts.peers.linkTo(nodeId)?.isDialable !== true) {
      if (call.deadline.isOver) throw noRoute(nodeId, call)
      await this.#waiters.wait(nodeKey(nodeId), call.deadline)
      if (call.deadline.reason !== undefined) throw call.deadline.reason
    }
    return await this.#attempt({ nodeId, port, service: undefined, environment: undefined }, call)
  }

  #attempt(target: Target, call: Call): Promise<Socket> {
    const { self, ports, peers } = this.#parts
    const ends: SocketEnds = {
      localNode: self,
      localPort: ports.ephemeral(),
      remoteNode: target.nodeId,
      remotePort: target.port,
    }
    if (target.nodeId === self) return this.#attemptHere(ends, call)
    const link = peers.linkTo(target.nodeId)
    if (link === undefined) return Promise.reject(noRoute(target.nodeId, call))
    return this.#attemptOver(link, { target, ends, call })
  }

  async #attemptHere(ends: SocketEnds, call: Call): Promise<Socket> {
    const { ports, loopback } = this.#parts
    const result = await loopback.dial(ports.at(ends.remotePort), ends, call.options.signal)
    if (result instanceof Socket) return result
    throw refused(refusalError(result, refusalText(result)), ends, call)
  }

  #attemptOver(
    link: Link,
    { target, ends, call }: { target: Target; ends: SocketEnds; call: Call },
  ): Promise<Socket> {
    const { clock } = this.#parts
    const { port, service, environment } = target
    const header = {
      kind: 'dial',
      port,
      sourcePort: ends.localPort,
      service,
      environment: environment === '' ? undefined : environment,
    } as const
    return new Promise<Socket>((resolve, reject) => {
      const attempt = link.dial(header, ATTEMPT_HANDLER, { resolve, reject, ends, call })
      const giveUp = (reason: unknown): void => {
        attempt.cancel()
        reject(reason === undefined ? timedOut(ends, call) : (reason as Error))
      }
      call.deadline.onOver(giveUp)
      // With a timeout of 0 nothing may wait to become known, yet an answer takes a round trip.
      if (call.options.timeoutMs === 0) call.deadline.extend(clock, DEFAULT_DIAL_TIMEOUT_MS)
    })
  }
}

/** What one attempt over a link needs when it is answered. */
interface Attempt {
  resolve(socket: Socket): void
  reject(error: Error): void
  readonly ends: SocketEnds
  readonly call: Call
}

/** One for all dials. */
const ATTEMPT_HANDLER: DialHandler = {
  onAccepted(dial: OutgoingDial, stream, rest): void {
    const { resolve, ends } = dial.context as Attempt
    resolve(new Socket(stream, ends, rest, true))
  },
  onFailed(dial: OutgoingDial, error: DialError): void {
    const { reject, ends, call } = dial.context as Attempt
    reject(refused(error, ends, call))
  },
}

/** A dial that the far side refused without looking at it further may succeed with another instance. */
function isWorthAnother(error: unknown): error is NetError {
  return error instanceof NetError && error.cause instanceof DialError && error.cause.isRetryable
}

function refusalText(reason: RefusalReason): string {
  return reason === RefusalReason.BACKLOG_FULL ? 'the backlog is full' : 'nobody listens on the port'
}

function refused(cause: DialError, ends: SocketEnds, call: Call): NetError {
  const where = `port ${ends.remotePort} of node ${formatNodeId(ends.remoteNode)}`
  return new NetError(cause.code, `${cause.message} (${where})`, {
    syscall: 'dial',
    address: call.text,
    cause,
  })
}

function notFound(service: string, port: number | undefined, call: Call): NetError {
  const what = port === undefined ? `the service "${service}"` : `the service "${service}" at port ${port}`
  const { environment } = call.scope
  const where = environment === '' ? '' : ` in the environment "${environment}"`
  const message = `no node offers ${what}${where}${waited(call)}`
  return new NetError('ENOTFOUND', message, { syscall: 'dial', address: call.text })
}

function noRoute(nodeId: NodeId, call: Call): NetError {
  const message =
    `there is no link to node ${formatNodeId(nodeId)}${waited(call)}: join it, or have it join this node ` +
    '(ways through other nodes are not there yet)'
  return new NetError('EHOSTUNREACH', message, { syscall: 'dial', address: call.text })
}

function timedOut(ends: SocketEnds, call: Call): NetError {
  const message = `node ${formatNodeId(ends.remoteNode)} did not answer in time`
  return new NetError('ETIMEDOUT', message, { syscall: 'dial', address: call.text })
}

function waited(call: Call): string {
  const timeoutMs = call.options.timeoutMs ?? DEFAULT_DIAL_TIMEOUT_MS
  return timeoutMs === 0 ? '' : ` (waited ${timeoutMs} ms)`
}

function serviceKey(environment: string, service: string): string {
  return `${environment}:${service}`
}

function nodeKey(nodeId: NodeId): string {
  return `:${nodeId}`
}
