import { checkPort, formatNodeId, onAbort, parseAddress, type NodeId } from '@astranet/interface'
import { checkInteger, invalidArgument } from '@astranet/interface/check'
import type { PolicyService } from '@astranet/policy'
import type { AccessControl } from '../access/access-control.js'
import type { BindOptions } from '../api/bind-options.js'
import { checkObject, checkSignal } from '../api/check.js'
import { NetError } from '../api/net-error.js'
import { serviceFacts, type ServiceFacts } from '../api/service-facts.js'
import { checkSocketOptions } from '../api/socket-options.js'
import type { HealthChecks } from '../health/health-check.js'
import { checkHealth } from '../health/health-plan.js'
import type { SocketFactory } from '../node/socket-factory.js'
import { checkAllow, safeAllow } from './allow.js'
import { BoundService, type BoundServiceParts } from './bound-service.js'
import { ListenerQueue } from './listener-queue.js'
import type { ListenerReports } from './listener-reports.js'
import type { PortTable } from './port-table.js'

const DEFAULT_BACKLOG = 65_536
const MAX_BACKLOG = 0x7fffffff

/** @internal Makes the listeners of a runtime. */
export interface ListenerFactory<TSocket, TListener> {
  /** Wraps a bound port. */
  listener(queue: ListenerQueue<TSocket>): TListener
}

/** @internal What a binder needs of its node. */
export interface BinderParts<TSocket, TListener> extends BoundServiceParts {
  readonly factory: SocketFactory<TSocket> &
    ListenerFactory<TSocket, TListener> & { readonly healthChecks: HealthChecks }
  readonly self: NodeId
  readonly ports: PortTable
  readonly access: AccessControl
  readonly reports: ListenerReports
  /** Where the node runs; `''` when it does not say it. */
  readonly zone: string
}

/** @internal How a port is bound. */
export interface QueueOptions<TSocket> {
  readonly options: BindOptions
  /** Makes the sockets of the port. */
  readonly sockets: SocketFactory<TSocket>
}

/** Gives ports to listeners, and publishes the services that are bound there in the catalogue. */
export class Binder<TSocket, TListener> {
  readonly #parts: BinderParts<TSocket, TListener>

  constructor(parts: BinderParts<TSocket, TListener>) {
    this.#parts = parts
  }

  /** See `AstraNet.bind`. */
  bind(text: string, environment: string, options: BindOptions): TListener {
    const { factory } = this.#parts
    return factory.listener(this.bindQueue(text, environment, { options, sockets: factory }))
  }

  /** The same, without a listener: `sockets` makes the sockets. */
  bindQueue<T>(text: string, environment: string, { options, sockets }: QueueOptions<T>): ListenerQueue<T> {
    const { factory, self, ports, reports, onChange } = this.#parts
    const { backlog = DEFAULT_BACKLOG } = checkObject('options', options)
    const allow = checkAllow(options.allow)
    const signal = checkSignal(options.signal)
    const { port, service } = this.#readAddress(text)
    checkInteger('options.backlog', backlog, { min: 1, max: MAX_BACKLOG })
    const socketOptions = checkSocketOptions(options)
    signal?.throwIfAborted()
    if (ports.at(port) !== undefined)
      throw bindError('EADDRINUSE', text, `port ${port} of this node is bound already`)
    const asked = { name: service ?? '', environment, port }
    const bound = this.#publish(text, asked, options)
    const update = (changes: ServiceFacts): void => bound?.update(changes)
    const release = (): void => {
      ignoreSignal()
      ports.delete(port)
      bound?.release()
      onChange()
    }
    const binding = {
      ...{ node: self, port, service, environment, backlog, socketOptions, update, release, asked, reports },
      allow: allow === undefined ? undefined : safeAllow(allow, factory.callerOrigin()),
    }
    const queue = new ListenerQueue(binding, sockets)
    const ignoreSignal = onAbort(signal, () => queue.close())
    ports.set(port, queue)
    reports.bound(binding)
    onChange()
    return queue
  }

  /** Publishes the service that is bound, if it is bound by a name. */
  #publish(text: string, asked: PolicyService, options: BindOptions): BoundService | undefined {
    const { factory, zone } = this.#parts
    const { health, ...others } = options
    const isChecked = typeof health === 'object'
    const checks = factory.healthChecks
    const plan = isChecked ? checkHealth(health, { checks, origin: factory.callerOrigin() }) : undefined
    if (asked.name === '') {
      const [fact] = Object.keys(serviceFacts(options as ServiceFacts))
      if (fact === undefined) return undefined
      throw invalidArgument(
        `options.${fact}`,
        `is published with a service, and ${JSON.stringify(text)} has no name`,
      )
    }
    this.#checkOffer(text, asked)
    const given = isChecked || health === undefined ? others : { ...others, health }
    return new BoundService(this.#parts, asked, { facts: { zone, ...serviceFacts(given) }, plan })
  }

  /** Throws unless the policy lets this node offer the service. */
  #checkOffer(text: string, asked: PolicyService): void {
    const { access } = this.#parts
    const refusal = access.offerRefusal(access.own, asked)
    if (refusal !== undefined) throw bindError('EACCES', text, refusal)
  }

  #readAddress(text: string): { port: number; service: string | undefined } {
    const address = parseAddress(text)
    const { self, ports } = this.#parts
    if (address.kind === 'node' && address.nodeId !== self) {
      throw bindError('EADDRNOTAVAIL', text, `this is node ${formatNodeId(self)}`)
    }
    const service = address.kind === 'service' ? address.service : undefined
    const port = address.port ?? 0
    return { port: port === 0 ? ports.ephemeral() : checkPort(port), service }
  }
}

function bindError(code: string, address: string, message: string): NetError {
  return new NetError(code, message, { syscall: 'bind', address })
}
