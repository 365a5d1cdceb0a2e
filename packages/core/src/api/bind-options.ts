import type { SocketOptions } from './socket-options.js'

/**
 * How to bind. The options of sockets are those of each accepted socket, as for `net.Server`; in browsers they have no
 * effect: the directions of Web Streams end apart.
 */
export interface BindOptions extends SocketOptions {
  /**
   * Streams that may wait to be accepted; more are refused (`ECONNREFUSED` to the dialer), once those that their dialers
   * have given up have made room. 1 to 2^31 - 1. Default 65,536.
   */
  backlog?: number
  /** Told with the service to whoever looks for it: at most 32 texts of 1 to 255 bytes. Default none. */
  tags?: readonly string[]
  /** How much of the dials this instance should get beside others of its name: 0 (standby) to 65,535. Default 1. */
  weight?: number
  /** Aborting it closes the listener, as for `net.Server`. */
  signal?: AbortSignal
}
