import type { BindOptions } from '../../api/bind-options.js'
import type { DialOptions } from '../../api/dial-options.js'
import type { DialInFlight, DialOutcome, DialRequest } from '../../dial/dial-request.js'
import type { ListenerQueue } from '../../listen/listener-queue.js'
import type { SocketFactory } from '../../node/socket-factory.js'
import type { Socket } from '../socket.js'

/** @internal What the sockets and servers of a `net` module need of their node, or of the view of it. */
export interface NetNetwork {
  /** Makes a request in the caller's context. Throws on wrong arguments. */
  request(address: string, options: DialOptions): DialRequest
  /** Begins the dial. */
  start(request: DialRequest, outcome: DialOutcome): DialInFlight
  /** Binds a port whose sockets `factory` makes. Throws on wrong arguments, and when it cannot be bound. */
  bind(address: string, options: BindOptions, factory: SocketFactory<Socket>): ListenerQueue<Socket>
  /** A free port up to 65,535; `undefined` when there is none. */
  freePort(): number | undefined
  /** Whether a node's IPv6 address is that of this node. */
  isSelf(address: string): boolean
  /** Whether something is bound to a port of this node. */
  isBound(port: number): boolean
}
