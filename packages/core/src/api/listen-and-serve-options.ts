/** How to listen. */
export interface ListenAndServeOptions {
  /**
   * Called with each error at the endpoint, which has a `code`: the listener's own errors, and why a connection did not
   * become a link (no AstraNet peer, a peer that was too slow, a refused handshake). Default: a process warning for the
   * first error of each kind, `ASTRA_WARN_REFUSED`. The diagnostics channels `astranet:listener:error` and
   * `astranet:link:refused` get every error in any case.
   */
  onError?: (error: Error) => void
}
