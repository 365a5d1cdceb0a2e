import { checkPort, formatNodeId, parseAddress, type NodeId } from '@astranet/interface'
import type { Catalogue } from '@astranet/registry'
import { onAbort } from './abort-listeners.js'
import { checkBoolean, checkOptions, checkSignal } from './check.js'
import { Listener, type BindOptions } from './listener.js'
import { NetError } from './net-error.js'
import type { PortTable } from './port-table.js'

const DEFAULT_BACKLOG = 65_536
const MAX_BACKLOG = 0x7fffffff

/** @internal What a binder needs of its node. */
export interface BinderParts {
  readonly self: NodeId
  readonly ports: PortTable
  readonly catalogue: Catalogue
  /** What this node offers has changed. */
  readonly onChange: () => void
}

/** Gives ports to listeners, and tells the catalogue of the services that are bound there. */
export class Binder {
  readonly #parts: BinderParts

  constructor(parts: BinderParts) {
    this.#parts = parts
  }

  /** See `AstraNet.bind`. */
  bind(text: string, environment: string, options: BindOptions): Listener {
    const { self, ports, catalogue, onChange } = this.#parts
    const { backlog = DEFAULT_BACKLOG, allowHalfOpen = false, tags, weight } = checkOptions(options)
    const signal = checkSignal(options.signal)
    const { port, service } = this.#readAddress(text)
    checkBacklog(backlog)
    checkBoolean('allowHalfOpen', allowHalfOpen)
    signal?.throwIfAborted()
    if (ports.at(port) !== undefined)
      throw bindError('EADDRINUSE', text, `port ${port} of this node is bound already`)
    if (service !== undefined) {
      catalogue.publishService({
        environment,
        name: service,
        port,
        ...(tags === undefined ? {} : { tags }),
        ...(weight === undefined ? {} : { weight }),
      })
    }
    const release = (): void => {
      ignoreSignal()
      ports.delete(port)
      if (service !== undefined) catalogue.withdrawService({ environment, name: service, port })
      onChange()
    }
    const listener = new Listener({ node: self, port, service, environment, backlog, allowHalfOpen, release })
    const ignoreSignal = onAbort(signal, () => void listener.close())
    ports.set(port, listener)
    onChange()
    return listener
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

function checkBacklog(backlog: number): void {
  if (typeof backlog !== 'number') throw new TypeError(`backlog must be a number, got ${typeof backlog}`)
  if (Number.isInteger(backlog) && backlog >= 1 && backlog <= MAX_BACKLOG) return
  throw new RangeError(`backlog must be an integer from 1 to ${MAX_BACKLOG}, got ${backlog}`)
}
