/** How to join. */
export interface JoinOptions {
  /**
   * How long one attempt to connect may take, in ms, to 2^31 - 1; 0: as long as the system allows. The handshake after it
   * has its own limit, `helloTimeoutMs` of the node. Default 10,000.
   */
  timeoutMs?: number
  /** Ends the attempt, and later the joining again. A link that exists then stays until the node closes. */
  signal?: AbortSignal
}
