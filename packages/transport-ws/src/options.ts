/** What a WebSocket transport can be told in every runtime. */
export interface CommonWsOptions {
  /**
   * The subprotocol that both sides must agree on (Sec-WebSocket-Protocol): a token of 1 to 255 characters. Default
   * `astranet-1-qx02`.
   */
  protocol?: string
}

/** {@link CommonWsOptions.protocol} unless told otherwise: what ALPN says over TLS. */
export const DEFAULT_PROTOCOL = 'astranet-1-qx02'

/** The subprotocol. Throws a `TypeError` when it is no token. */
export function checkProtocol({ protocol = DEFAULT_PROTOCOL }: CommonWsOptions): string {
  if (/^[\w!#$%&'*+.^`|~-]{1,255}$/.test(protocol)) return protocol
  throw new TypeError(`protocol must be a token of 1 to 255 characters, got ${JSON.stringify(protocol)}`)
}
