/** How to listen. */
export interface ListenAndServeOptions {
  /**
   * Called with each error at the endpoint, which has a `code`: the listener's own errors, and why a connection did not
   * become a link (no AstraNet peer, a peer that was too slow, a refused handshake). Default: a process warning for the
   * first error of each kind, `ASTRA_WARN_REFUSED`. The diagnostics channels `astranet:listener:error` and
   * `astranet:link:refused` get every error in any case.
   */
  onError?: (error: Error) => void
  /**
   * Where other nodes reach the listener, in place of its own address: 1 to 16 of `network://address`, each of 255
   * printable ASCII characters at most, for example `wss://relay.example.com:443`. For a listener behind a proxy, a
   * forwarded port or a name. Other nodes dial host names of routers only. Default: the listener's own address, or the
   * addresses of its machine.
   */
  advertise?: readonly string[]
}
