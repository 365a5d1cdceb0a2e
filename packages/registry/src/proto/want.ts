/** Interest in a name, or in everything; see `Catalogue.want`. */
export interface Want {
  /**
   * Whether what the network knows of it has arrived: on a leaf once its router has sent it, on other nodes once a
   * router's catalogue is known; with no router at hand it is true at once. It stays true.
   */
  readonly isAnswered: boolean
  /** Ends the interest. Idempotent. */
  close(): void
}
