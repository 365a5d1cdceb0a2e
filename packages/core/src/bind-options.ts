/** How to bind. */
export interface BindOptions {
  /**
   * Streams that may wait to be accepted; more are refused (`ECONNREFUSED` to the dialer), once those that their dialers
   * have given up have made room. 1 to 2^31 - 1. Default 65,536.
   */
  backlog?: number
  /**
   * When false, the end of the dialer's direction ends the other as well. Default false, as for `net.Server`. Without
   * effect in browsers: the directions of Web Streams end apart.
   */
  allowHalfOpen?: boolean
  /** Told with the service to whoever looks for it: at most 32 texts of 1 to 255 bytes. Default none. */
  tags?: readonly string[]
  /** How much of the dials this instance should get beside others of its name: 0 (standby) to 65,535. Default 1. */
  weight?: number
  /** Aborting it closes the listener, as for `net.Server`. */
  signal?: AbortSignal
}
