/** What a ticket lets its holder do; see `AstraNet.ticket`. */
export interface TicketOptions {
  /**
   * Where its holder joins, in order of preference: 1 to 16 of `network://address`, for example
   * `tcp://example.net:4433`. Default: the addresses that this node advertises, if it listens.
   */
  addresses?: readonly string[]
  /**
   * The Ed25519 public key of the node at the addresses, 32 bytes; its holder accepts no other node there. Default: that
   * of this node. For the addresses of another node, give that node's `publicKey`.
   */
  expected?: Uint8Array
  /** Whether the network's secret is in the ticket, so that its holder is a member for ever. Default `false`. */
  secret?: boolean
  /**
   * Lets its holder in by a grant of this node, in place of the secret. Without `secret` and `grant` the holder needs
   * the secret already, or the network has none.
   */
  grant?: GrantOptions
}

/** What a grant allows. It is counted by each node that admits by it; nodes other than this one have to believe it. */
export interface GrantOptions {
  /** The roles that the holder has for policies: at most 16 of 1 to 64 printable ASCII characters. Default none. */
  roles?: readonly string[]
  /**
   * Patterns of the names of services that the holder may dial and offer: at most 32; `*` stands for any characters.
   * Default: all services.
   */
  services?: readonly string[]
  /** How many different nodes it lets in, 1 to 65,535; each may come again until the grant ends. Default 1. */
  uses?: number
  /** How long it counts from now on, 1 to 3,155,760,000,000 whole ms (100 years). Default 86,400,000, which is a day. */
  expiresInMs?: number
}
