import type { NodeId } from '@astranet/interface'

/** What a bound listener listens on, in the form of `net.Server`'s address and with what AstraNet adds. */
export interface ListenerAddress {
  /** The node's address, see `Socket.localAddress`. */
  readonly address: string
  readonly family: 'IPv6'
  readonly port: number
  readonly node: NodeId
  /** The service's name, where one was bound. */
  readonly service: string | undefined
}
