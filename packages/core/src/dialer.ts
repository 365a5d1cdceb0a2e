import { parseAddress, type Address, type Clock, type NodeId } from '@astranet/interface'
import { refusalError, type DialError, type DialHandler, type Link, type OutgoingDial } from '@astranet/link'
import { roundRobin, type Catalogue, type ServiceInstance } from '@astranet/registry'
import { ChangeWaiters } from './change-waiters.js'
import { Deadline } from './deadline.js'
import {
  isWorthAnother,
  nodeClosed,
  noRoute,
  notFound,
  refusalText,
  refused,
  timedOut,
} from './dial-errors.js'
import {
  checkDialOptions,
  DEFAULT_DIAL_TIMEOUT_MS,
  type CheckedDialOptions,
  type DialOptions,
  type DialScope,
} from './dial-options.js'
import type { Loopback } from './loopback.js'
import type { Peers } from './peers.js'
import type { Platform } from './platform.js'
import type { PortTable } from './port-table.js'
import type { SocketEnds } from './socket-ends.js'

/** @internal What a dialer needs of its node. */
export interface DialerParts<TSocket> {
  readonly platform: Platform<TSocket, unknown>
  readonly self: NodeId
  readonly clock: Clock
  readonly catalogue: Catalogue
  readonly peers: Peers
  readonly ports: PortTable
  readonly loopback: Loopback
}

/** One call of `dial`. */
interface Call extends CheckedDialOptions, DialScope {
  readonly text: string
  readonly deadline: Deadline
}

/** Where one attempt goes. */
interface Target {
  readonly nodeId: NodeId
  readonly port: number
  readonly service?: string
}

/** Finds out where an address leads and connects to it. */
export class Dialer<TSocket> {
  readonly #parts: DialerParts<TSocket>
  readonly #waiters = new ChangeWaiters()
  readonly #roundRobin = roundRobin()
  readonly #calls = new Set<Call>()

  /** One for all dials over links. */
  readonly #handler: DialHandler

  constructor(parts: DialerParts<TSocket>) {
    this.#parts = parts
    this.#handler = attemptHandler(parts.platform)
  }

  /** A service is offered that was not. */
  serviceOffered(service: ServiceInstance): void {
    this.#waiters.wake(serviceKey(service.environment, service.name))
  }

  /** There is a link to a node, or another one: it can be dialed, and so can its services that are known already. */
  nodeFound(): void {
    this.#waiters.wakeAll()
  }

  /** Fails every call that is under way. */
  close(): void {
    for (const call of [...this.#calls]) call.deadline.expire(nodeClosed('dial', call.text))
  }

  /** Connects to `text`, an address. See `AstraNet.dial`. */
  async dial(text: string, scope: DialScope, options: DialOptions = {}): Promise<TSocket> {
    const address = parseAddress(text)
    const checked = checkDialOptions(options)
    const deadline = new Deadline(this.#parts.clock, checked.timeoutMs, checked.signal)
    const call: Call = { ...checked, ...scope, text, deadline }
    this.#calls.add(call)
    try {
      return await this.#connect(address, call)
    } finally {
      this.#calls.delete(call)
      deadline.clear()
    }
  }

  #connect(address: Address, call: Call): Promise<TSocket> {
    if (address.kind === 'service') return this.#toService(address.service, address.port, call)
    const nodeId = address.kind === 'local' ? this.#parts.self : address.nodeId
    return this.#toNode(nodeId, address.port, call)
  }

  /** Tries instances until one accepts. One that refuses is not asked twice. */
  async #toService(service: string, port: number | undefined, call: Call): Promise<TSocket> {
    const asked = new Set<ServiceInstance>()
    let lastError: Error | undefined
    for (;;) {
      const instance = this.#select(this.#candidates(service, port, { call, asked }), call)
      if (instance === undefined) {
        if (lastError !== undefined) throw lastError
        if (call.deadline.isOver) throw notFound(service, port, call)
        await this.#wait(serviceKey(call.environment, service), call)
        continue
      }
      try {
        return await this.#attempt({ nodeId: instance.nodeId, port: instance.port, service }, call)
      } catch (error) {
        if (!isWorthAnother(error) || call.deadline.isOver) throw error
        asked.add(instance)
        lastError = error
      }
    }
  }

  #candidates(
    service: string,
    port: number | undefined,
    { call, asked }: { call: Call; asked: ReadonlySet<ServiceInstance> },
  ): readonly ServiceInstance[] {
    const { catalogue, self } = this.#parts
    const known = catalogue.resolve(call.environment, service, port)
    return known.filter((each) => {
      if (asked.has(each)) return false
      return each.nodeId === self ? call.hasLoopBack : this.#isDialable(each.nodeId)
    })
  }

  /** A link that ends or goes away stays for a while and takes no dial any more. */
  #isDialable(nodeId: NodeId): boolean {
    return this.#parts.peers.linkTo(nodeId)?.isDialable === true
  }

  #select(instances: readonly ServiceInstance[], call: Call): ServiceInstance | undefined {
    if (instances.length <= 1) return instances[0]
    return (call.selector ?? this.#roundRobin)(instances, call.key)
  }

  async #toNode(nodeId: NodeId, port: number, call: Call): Promise<TSocket> {
    while (nodeId !== this.#parts.self && !this.#isDialable(nodeId)) {
      if (call.deadline.isOver) throw noRoute(nodeId, call)
      await this.#wait(nodeKey(nodeId), call)
    }
    return await this.#attempt({ nodeId, port }, call)
  }

  /** Waits until `key` changes or the time is over; throws when it is over for a reason of its own. */
  async #wait(key: string, call: Call): Promise<void> {
    await this.#waiters.wait(key, call.deadline)
    if (call.deadline.isGivenUp) throw call.deadline.reason
  }

  #attempt(target: Target, call: Call): Promise<TSocket> {
    const { self, ports, peers } = this.#parts
    const ends: SocketEnds = {
      localNode: self,
      localPort: ports.ephemeral(),
      remoteNode: target.nodeId,
      remotePort: target.port,
    }
    // With a timeout of 0 nothing may wait to become known, yet an answer takes a round trip.
    if (call.timeoutMs === 0) call.deadline.extend(DEFAULT_DIAL_TIMEOUT_MS)
    if (target.nodeId === self) return this.#attemptHere(ends, call)
    const link = peers.linkTo(target.nodeId)
    if (link === undefined) return Promise.reject(noRoute(target.nodeId, call))
    return this.#attemptOver(link, { target, ends, call })
  }

  async #attemptHere(ends: SocketEnds, call: Call): Promise<TSocket> {
    const { ports, loopback, platform } = this.#parts
    const waiting = new AbortController()
    call.deadline.onOver((reason) => waiting.abort(reason === undefined ? timedOut(ends, call) : reason))
    const result = await loopback.dial(ports.at(ends.remotePort), ends, waiting.signal)
    if (typeof result === 'object') return platform.socket(result, ends, undefined, call.allowHalfOpen)
    throw refused(refusalError(result, refusalText(result)), ends, call)
  }

  #attemptOver(
    link: Link,
    { target, ends, call }: { target: Target; ends: SocketEnds; call: Call },
  ): Promise<TSocket> {
    const { port, service } = target
    const environment = service === undefined || call.environment === '' ? undefined : call.environment
    const header = { kind: 'dial', port, sourcePort: ends.localPort, service, environment } as const
    return new Promise<TSocket>((resolve, reject) => {
      const attempt = link.dial(header, this.#handler, { resolve, reject, ends, call })
      call.deadline.onOver((reason) => {
        attempt.cancel()
        reject(reason === undefined ? timedOut(ends, call) : reason)
      })
    })
  }
}

/** What one attempt over a link needs when it is answered. */
interface Attempt<TSocket> {
  resolve(socket: TSocket): void
  reject(error: Error): void
  readonly ends: SocketEnds
  readonly call: Call
}

function attemptHandler<TSocket>(platform: Platform<TSocket, unknown>): DialHandler {
  return {
    onAccepted(dial: OutgoingDial, stream, rest): void {
      const { resolve, ends, call } = dial.context as Attempt<TSocket>
      resolve(platform.socket(stream, ends, rest, call.allowHalfOpen))
    },
    onFailed(dial: OutgoingDial, error: DialError): void {
      const { reject, ends, call } = dial.context as Attempt<TSocket>
      reject(refused(error, ends, call))
    },
  }
}

function serviceKey(environment: string, service: string): string {
  return `${environment}:${service}`
}

function nodeKey(nodeId: NodeId): string {
  return `:${nodeId}`
}
