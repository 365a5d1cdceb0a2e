/** How `AstraNet.setPolicy` applies a policy. */
export interface SetPolicyOptions {
  /**
   * Whether links end that the new policy does not allow. Then those of peers that may not be neighbours any more are
   * closed, with `ASTRA_ERR_LINK_REFUSED` and the rule's name. Closed as well are those of peers that could dial some
   * service that is bound now and cannot any more, together with all their streams: such a peer may join again, and
   * keeps what it may dial. Tunnels through this node that it may not forward any more end too. Default `false`: links,
   * streams and tunnels that exist stay.
   */
  readonly endForbidden?: boolean
}
