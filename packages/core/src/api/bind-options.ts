import type { SocketOptions } from './socket-options.js'

/**
 * How to bind. The socket options apply to each accepted socket, as for `net.Server`. In browsers they have no effect,
 * because the two directions of a pair of Web Streams always end separately.
 */
export interface BindOptions extends SocketOptions {
  /**
   * How many streams may wait to be accepted, 1 to 2^31 - 1. At the limit, streams that their dialers have given up are
   * dropped; if there are none, new ones are refused (`ECONNREFUSED` at the dialer). Default 65,536.
   */
  backlog?: number
  /** Published with the service, for selectors of dialers: at most 32 texts of 1 to 255 bytes. Default none. */
  tags?: readonly string[]
  /** The share of dials that this instance should get among those of its name: 0 (standby) to 65,535. Default 1. */
  weight?: number
  /** Aborting it closes the listener, as for `net.Server`. */
  signal?: AbortSignal
}
