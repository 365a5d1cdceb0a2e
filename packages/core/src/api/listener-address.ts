import type { NodeId } from '@astranet/interface'

/**
 * The address of a listener: the properties of `net.Server`'s address, and those that AstraNet adds. `JSON.stringify`
 * writes `node` in its text form.
 */
export interface ListenerAddress {
  /** The node's address, see `Socket.localAddress`. */
  readonly address: string
  readonly family: 'IPv6'
  readonly port: number
  readonly node: NodeId
  /** The service's name, if one was bound. */
  readonly service: string | undefined
}
